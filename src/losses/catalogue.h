// Every term there is: what it says, where it comes from, what can be set of it, how it is made.
// Objectives, `clipwright objective` and the documentation read this one list.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "losses/term.h"
#include "losses/term_options.h"

namespace clipwright::losses {

/// What a term is made from.
struct TermSetting {
  TermOptions options;
  TowerWidths widths;
  uint64_t seed = 0;  ///< of what is drawn; each tensor is keyed by its name as well
  int64_t views = 1;  ///< that the objective brings
  std::vector<bool> masked = {false};  ///< for each text slot that the objective brings
};

struct TermKind {
  std::string name, summary, source;
  std::vector<TermOption> options;
  int64_t views = 1, texts = 1;  ///< that it cannot do without
  bool needs_mask = false;       ///< a masked text slot among them
  bool reads_rewrites = false;   ///< every text of a pair
  bool reads_patches = false;    ///< so the image tower must be a transformer
  /// How many class tokens a picture has for it, the model's own among them; null: one.
  int64_t (*class_tokens)(const TermOptions&) = nullptr;
  std::function<std::shared_ptr<Term>(const TermSetting&)> make;
};

const std::vector<TermKind>& term_kinds();
/// Throws Error(kUsage) naming the nearest.
const TermKind& find_term(std::string_view name);
std::vector<std::string> term_names();

}  // namespace clipwright::losses
