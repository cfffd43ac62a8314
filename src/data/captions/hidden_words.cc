#include "data/captions/hidden_words.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::data::captions {

void hide_words(const Masking& masking, Random& random, std::span<int32_t> ids,
                std::span<int32_t> targets) {
  CW_CHECK(ids.size() == targets.size(), "a target for every token");
  CW_CHECK(masking.vocabulary > 0 && masking.masked + masking.drawn <= 1,
           "there are words to draw, and shares add up to one at most");
  std::fill(targets.begin(), targets.end(), kNotHidden);
  for (size_t i = 1; i + 1 < ids.size(); ++i) {
    // A caption may spell the start or end token; the model is not asked for those.
    if (ids[i] >= masking.vocabulary) continue;
    if (random.uniform() >= masking.chance) continue;
    targets[i] = ids[i];
    const double fate = random.uniform();
    if (fate < masking.masked) {
      ids[i] = masking.mask;
    } else if (fate < masking.masked + masking.drawn) {
      ids[i] = static_cast<int32_t>(random.below(static_cast<uint64_t>(masking.vocabulary)));
    }
  }
}

}  // namespace clipwright::data::captions
