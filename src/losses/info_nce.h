// Symmetric InfoNCE: which text belongs to which picture of the batch, and the other way round
// (Radford et al. 2021; LaCLIP section 3).
#pragma once

#include "losses/term.h"

namespace clipwright::losses {

/// Mean of the two cross-entropies of s * images texts^T against the diagonal. `images`, `texts`
/// (N, E) of unit length, `scale` a scalar.
Tensor info_nce(const Tensor& images, const Tensor& texts, const Tensor& scale);

/// CLIP's loss on view 0 and text slot 0.
class Contrastive final : public Term {
 public:
  std::string name() const override { return "contrastive"; }
  Tensor loss(const Features& features) override;
};

/// LaCLIP-MT: every picture against the texts of each slot j = 0..M, summed over slots; each slot's
/// softmax has that slot's N texts only. The sum is divided by M as published (`paper`) or by M + 1
/// (`mean`); with M = 0 both are CLIP's loss. The text side is treated alike.
class MultiText final : public Term {
 public:
  /// `constant`: "paper" or "mean". Throws Error(kUsage).
  explicit MultiText(const std::string& constant);
  std::string name() const override { return "multi-text"; }
  Needs needs() const override { return {.all_texts = true}; }
  Tensor loss(const Features& features) override;

 private:
  bool paper_;
};

}  // namespace clipwright::losses
