// SigLIP: every pair of the batch is a yes or no of its own (Zhai et al. 2023, algorithm 1).
#pragma once

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// -(1/N) times the sum over all pairs (i, j) of log sigmoid(y (s x_i . t_j + b)), y = 1 for i = j,
/// else -1. `images`, `texts` (N, E) of unit length, `scale` and `bias` scalars.
Tensor sigmoid_loss(const Tensor& images, const Tensor& texts, const Tensor& scale,
                    const Tensor& bias);

/// On view 0 and text slot 0. Learns "logit_bias".
class Sigmoid final : public Term {
 public:
  explicit Sigmoid(double bias);
  Wants wants() const override;
  Tensor loss(const Features& all) override;

 private:
  Tensor bias_;
};

TermKind sigmoid_kind();

}  // namespace clipwright::losses::terms
