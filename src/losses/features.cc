#include "losses/features.h"

#include <algorithm>

namespace clipwright::losses {

void Wants::join(const Wants& other) {
  views.resize(std::max(views.size(), other.views.size()));
  for (size_t i = 0; i < other.views.size(); ++i) {
    views[i].pooled |= other.views[i].pooled;
    views[i].patches |= other.views[i].patches;
  }
  texts.resize(std::max(texts.size(), other.texts.size()));
  for (size_t i = 0; i < other.texts.size(); ++i) texts[i].tokens |= other.texts[i].tokens;
  rewrites |= other.rewrites;
}

Tensor unit_rows(const Tensor& rows) {
  return rows / rows.norm(2.0, -1, /*keepdim=*/true).clamp_min(1e-12).expand_as(rows);
}

}  // namespace clipwright::losses
