#include "losses/features.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::losses {

void Wants::join(const Wants& other) {
  views.resize(std::max(views.size(), other.views.size()));
  for (size_t i = 0; i < other.views.size(); ++i) {
    views[i].embedding |= other.views[i].embedding;
    views[i].pooled |= other.views[i].pooled;
    views[i].patches |= other.views[i].patches;
    views[i].branches |= other.views[i].branches;
  }
  texts.resize(std::max(texts.size(), other.texts.size()));
  for (size_t i = 0; i < other.texts.size(); ++i) {
    texts[i].embedding |= other.texts[i].embedding;
    texts[i].tokens |= other.texts[i].tokens;
    texts[i].padding |= other.texts[i].padding;
  }
  rewrites |= other.rewrites;
  scale |= other.scale;
}

bool Wants::any_image_embedding() const {
  return std::any_of(views.begin(), views.end(),
                     [](const ImageWants& view) { return view.embedding; });
}

bool Wants::any_text_embedding() const {
  return rewrites || std::any_of(texts.begin(), texts.end(),
                                 [](const TextWants& text) { return text.embedding; });
}

int64_t Features::pairs() const {
  for (const ImageFeatures& view : views) {
    if (view.embedding.defined()) return view.embedding.size(0);
  }
  for (const TextFeatures& text : texts) {
    if (text.embedding.defined()) return text.embedding.size(0);
  }
  CW_CHECK(false, "features of no tower");
}

Tensor unit_rows(const Tensor& rows) {
  return rows / rows.norm(2.0, -1, /*keepdim=*/true).clamp_min(1e-12).expand_as(rows);
}

}  // namespace clipwright::losses
