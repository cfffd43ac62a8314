#include "losses/catalogue.h"

#include "core/error.h"
#include "core/words.h"
#include "losses/terms/contrastive.h"
#include "losses/terms/filip.h"
#include "losses/terms/masked_lm.h"
#include "losses/terms/multi_text.h"
#include "losses/terms/multi_view.h"
#include "losses/terms/nearest_text.h"
#include "losses/terms/sigmoid.h"
#include "losses/terms/simclr.h"
#include "losses/terms/simsiam.h"

namespace clipwright::losses {

const std::vector<TermKind>& term_kinds() {
  static const std::vector<TermKind> kinds = {
      terms::contrastive_kind(),  terms::multi_text_kind(), terms::multi_view_kind(),
      terms::simsiam_kind(),      terms::simclr_kind(),     terms::masked_lm_kind(),
      terms::nearest_text_kind(), terms::filip_kind(),      terms::sigmoid_kind(),
  };
  return kinds;
}

std::vector<std::string> term_names() {
  std::vector<std::string> names;
  for (const TermKind& kind : term_kinds()) names.push_back(kind.name);
  return names;
}

const TermKind& find_term(std::string_view name) {
  for (const TermKind& kind : term_kinds()) {
    if (kind.name == name) return kind;
  }
  const std::string near = nearest(name, term_names());
  fail_usage("term '" + std::string(name) + "' does not exist", "one of " + listed(term_names()),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::losses
