// What a user may name as rewrites to audit, in any form that 'clipwright rewrite' writes.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "audit/pairs/pairs.h"

namespace clipwright::data::captions {

/// Rows of a Parquet side-car: columns key, mode, source, text and, where there, status (only
/// "accepted" rows are pairs) and source_sha256 (checked). Throws Error(kInput) when it is no such
/// file.
std::unique_ptr<audit::pairs::PairSource> open_parquet_pairs(const std::filesystem::path& rewrites);

/// Each path for what it is: a folder with rewrites.jsonl, a `.parquet`, or what open_pairs takes.
/// Throws Error(kInput) for a folder without rewrites.jsonl, and what open_pairs throws.
std::unique_ptr<audit::pairs::PairSource> open_rewrite_pairs(const std::filesystem::path& captions,
                                               const std::vector<std::filesystem::path>& rewrites);

/// What a user names: a file, or the folder that 'clipwright rewrite' wrote, for which its
/// rewrites.jsonl stands. Throws Error(kInput) for a folder without one.
std::filesystem::path rewrites_file(const std::filesystem::path& given);

}  // namespace clipwright::data::captions
