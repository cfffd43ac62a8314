// LaCLIP-MT: a picture against every text that it has (Fan et al. 2023, multi-text loss).
#pragma once

#include <cstdint>
#include <vector>

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// What the sum over the texts is divided by.
enum class MultiTextConstant {
  kPaper,  ///< M, as published
  kMean,   ///< M + 1
};

/// The sum over j = 0..M of InfoNCE of `images[j mod C]` (N, E) and `texts[j]` (N, E), each softmax
/// over one slot's N texts only, divided by the constant; with M = 0 and C = 1 CLIP's loss. Rows of
/// unit length, `scale` a scalar. C > 1: one embedding of a picture for each of its texts (Holistic
/// CLIP, Wang et al. 2024, arXiv 2412.00440), C = 1: one for all.
Tensor multi_text(const std::vector<Tensor>& images, const std::vector<Tensor>& texts,
                  const Tensor& scale, MultiTextConstant constant);

/// On view 0, text slot 0 and all its rewrites. Branch 0 is the model's own class token; the term
/// owns those of the others, "branch.<j>.class_embedding".
class MultiText final : public Term {
 public:
  explicit MultiText(const TermSetting& setting);
  Wants wants() const override;
  Tensor loss(const Features& all) override;
  std::vector<Tensor> class_tokens() const override { return class_tokens_; }
  /// `class_tokens.safetensors`, where there are any.
  void write_beside(const std::filesystem::path& model, const Wants& all) const override;

 private:
  MultiTextConstant constant_;
  std::vector<Tensor> class_tokens_;  // (W) each: of branches 1 ..
};

TermKind multi_text_kind();

}  // namespace clipwright::losses::terms
