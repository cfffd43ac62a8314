#include "rewrite/ledger/recipe.h"

namespace clipwright::rewrite::ledger {

bool describes(const std::string& description, const Sha256& recipe) {
  Json parts = Json::parse(description, nullptr, false);
  if (!parts.is_object()) return false;
  parts.erase("details");
  return sha256(to_line(parts)) == recipe;
}

}  // namespace clipwright::rewrite::ledger
