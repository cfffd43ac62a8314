// Records, which hold accepted texts alone, as rows of a ledger.
#pragma once

#include <cstdint>
#include <filesystem>

#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

/// Puts the records of a file into a ledger as accepted rows of the recipes
/// they were made with, so that a job with the same recipe finds them done.
/// Returns how many records there were; one whose row is there already changes nothing. Throws as
/// ReplayTexts::read, and Error(kInput) for a recipe that is not what its hash says.
int64_t import_records(const std::filesystem::path& path, ledger::Ledger& ledger);

}  // namespace clipwright::rewrite::archive
