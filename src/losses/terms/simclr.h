// SimCLR: each view of a picture finds the other one among all views of the batch (Chen et al.
// 2020, section 2.1; SLIP, Mu et al. 2022).
#pragma once

#include <vector>

#include "losses/catalogue.h"
#include "losses/terms/batch_norm_head.h"

namespace clipwright::losses::terms {

struct SimClrValue {
  Tensor loss;      ///< a scalar
  Tensor accuracy;  ///< the share of rows whose positive is the nearest, a scalar without a graph
};

/// Cross-entropy of each of the 2N rows against the 2N - 1 others, the same row of the other view
/// being the right one: the mean over the 2N rows. `first`, `second` (N, D) of unit length; their
/// products are divided by `temperature`.
SimClrValue simclr_loss(const Tensor& first, const Tensor& second, double temperature);

/// The same from pooled features (N, W): through the head (the last layer not normalised), then to
/// unit length. Each view is normalised alone, as `batch_norm_rows` says.
SimClrValue simclr(const Tensor& pooled0, const Tensor& pooled1, const std::vector<HeadLayer>& head,
                   double temperature, int64_t group = 0);

/// On the last two views' pooled features. Reads "simclr/accuracy".
class SimClr final : public TermWithHeads {
 public:
  explicit SimClr(const TermSetting& setting);
  Wants wants() const override;
  Tensor loss(const Features& all) override;
  void after_step(const Features& all) override;
  std::vector<Reading> readings() override;

 private:
  size_t first_view_;
  double temperature_;
  BatchNormHead head_;
  Tensor accuracy_;
};

TermKind simclr_kind();

}  // namespace clipwright::losses::terms
