// LaCLIP-MT: a picture against every text that it has (Fan et al. 2023, multi-text loss).
#pragma once

#include <vector>

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// What the sum over the texts is divided by.
enum class MultiTextConstant {
  kPaper,  ///< M, as published
  kMean,   ///< M + 1
};

/// The sum over j = 0..M of InfoNCE of `images` (N, E) and `texts[j]` (N, E), each softmax over one
/// slot's N texts only, divided by the constant; with M = 0 CLIP's loss. Rows of unit length,
/// `scale` a scalar.
Tensor multi_text(const Tensor& images, const std::vector<Tensor>& texts, const Tensor& scale,
                  MultiTextConstant constant);

/// On view 0, text slot 0 and all its rewrites.
class MultiText final : public Term {
 public:
  explicit MultiText(MultiTextConstant constant) : constant_(constant) {}
  Wants wants() const override;
  Tensor loss(const Features& all) override;

 private:
  MultiTextConstant constant_;
};

TermKind multi_text_kind();

}  // namespace clipwright::losses::terms
