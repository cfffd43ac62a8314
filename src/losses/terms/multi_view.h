// Multi-view supervision: two views of a picture against two texts (Li et al. 2022, DeCLIP).
#pragma once

#include <array>

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// How the four InfoNCE losses (view i, text j) become one.
enum class MultiViewWeighting {
  kMean,      ///< the mean of all four, as DeCLIP's published code trains
  kPaper,     ///< the mean of the three beside (0, 0), which is then a `contrastive` term
  kPaperSum,  ///< the sum of these three
};

/// `images`, `texts`: (N, E) each, of unit length; `scale` a scalar.
Tensor multi_view(const std::array<Tensor, 2>& images, const std::array<Tensor, 2>& texts,
                  const Tensor& scale, MultiViewWeighting weighting);

/// On views 0 and 1 and text slots 0 and 1.
class MultiView final : public Term {
 public:
  explicit MultiView(MultiViewWeighting weighting) : weighting_(weighting) {}
  Wants wants() const override;
  Tensor loss(const Features& all) override;

 private:
  MultiViewWeighting weighting_;
};

TermKind multi_view_kind();

}  // namespace clipwright::losses::terms
