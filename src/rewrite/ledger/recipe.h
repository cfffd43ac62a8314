// What decides the text of a rewrite besides the caption: engine and model,
// examples, prompt, decoding, seed.
#pragma once

#include <string>

#include "core/hash.h"
#include "core/json.h"

namespace clipwright::rewrite::ledger {

struct RewriteRecipe {
  Sha256 sha{};
  Json description;  ///< what is hashed, and under "details" what is not (model
                     ///< name, licence)
};

/// Whether a ledger's description (JSON) is that of the recipe under whose hash it is kept.
bool describes(const std::string& description, const Sha256& recipe);

}  // namespace clipwright::rewrite::ledger
