// Two ledgers into one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

struct LedgerMerge {
  int64_t added = 0;
  int64_t equal = 0;      ///< in both, with the same text and status
  int64_t conflicts = 0;  ///< in both, with different ones: the accepted row counts, else the older
  int64_t replaced = 0;   ///< of the conflicts: the row that came was the one that counts
  int64_t without_source = 0;  ///< left out: their caption is lost
  int64_t damaged = 0;  ///< left out: no such status, or a caption that is not what its key says
  int64_t damaged_recipes = 0;  ///< descriptions left out: they are of other recipes than they say
  std::vector<std::string> examples;  ///< the first conflicts, in words
  Json to_json() const;
};
std::string describe(const LedgerMerge& merge);

/// Adds the rows and recipes of `from` to `into`, whatever kinds they are. The union is the same in
/// either direction. Throws what the ledgers throw; what was committed by then stays, and the same
/// call goes on.
LedgerMerge merge_ledger(ledger::Ledger& into, ledger::Ledger& from);

}  // namespace clipwright::rewrite::archive
