// Symmetric InfoNCE: which text belongs to which picture of the batch, and the other way round
// (Radford et al. 2021; LaCLIP section 3).
#pragma once

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// Mean of the two cross-entropies of s * images texts^T against the diagonal. `images`, `texts`
/// (N, E) of unit length, `scale` a scalar.
Tensor info_nce(const Tensor& images, const Tensor& texts, const Tensor& scale);

/// CLIP's loss on view 0 and text slot 0.
class Contrastive final : public Term {
 public:
  Wants wants() const override;
  Tensor loss(const Features& all) override;
};

TermKind contrastive_kind();

}  // namespace clipwright::losses::terms
