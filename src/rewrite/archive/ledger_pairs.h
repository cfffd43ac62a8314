// The accepted rewrites of a ledger as pairs to audit.
#pragma once

#include <memory>
#include <string>

#include "audit/pairs/pairs.h"

namespace clipwright::rewrite::archive {

/// Accepted rows of any ledger, read only, ascending by key; a pair's key is the source's SHA-256.
/// Throws what open_ledger throws; a ledger is never made.
std::unique_ptr<audit::pairs::PairSource> open_ledger_pairs(const std::string& url);

}  // namespace clipwright::rewrite::archive
