// What a ledger holds, and whether it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

struct LedgerStatus {
  std::vector<ledger::LedgerCount> counts;
  std::vector<ledger::LedgerWorker> workers;
  std::vector<std::pair<Sha256, Json>> recipes;  ///< with their descriptions
  int64_t rows() const;
  Json to_json() const;
};
/// Whether it is one of docs/formats/ledger.md.
bool known_status(std::string_view status);
LedgerStatus ledger_status(ledger::Ledger& ledger);
/// A few lines for people.
std::string describe(const LedgerStatus& status);

struct LedgerFindings {
  int64_t rows = 0, captions = 0;
  std::vector<std::string> damage;    ///< what the database finds
  int64_t bad_sources = 0;            ///< texts whose hash is not their key
  int64_t without_source = 0;         ///< rows whose caption is lost
  int64_t without_recipe = 0;         ///< rows whose recipe is not described
  int64_t bad_recipes = 0;            ///< descriptions whose hash is not their key
  int64_t unknown_statuses = 0;       ///< a status that is none of docs/formats/ledger.md
  int64_t gaps = 0;                   ///< captions whose attempts are not 0, 1, 2, ...
  int64_t after_acceptance = 0;       ///< attempts made after an accepted one: paid for in vain
  std::vector<std::string> examples;  ///< the first few, in words
  /// Attempts after acceptance cost money and harm nothing: they are told, and are no damage.
  bool whole() const;
  Json to_json() const;
};
/// Reads every row. Throws Error(kInput) when that is impossible.
LedgerFindings verify_ledger(ledger::Ledger& ledger);
std::string describe(const LedgerFindings& findings);

}  // namespace clipwright::rewrite::archive
