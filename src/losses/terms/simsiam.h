// SimSiam: what one view's embedding predicts of the other's (Chen & He 2021, section 3, in
// DeCLIP's sizes).
#pragma once

#include <vector>

#include "losses/catalogue.h"
#include "losses/terms/batch_norm_head.h"

namespace clipwright::losses::terms {

/// -1/2 [cos(p0, sg(z1)) + cos(p1, sg(z0))], mean over the rows; sg is the identity without
/// `stop_gradient`. All (N, D), of any length. Range [-1, 1].
Tensor simsiam_loss(const Tensor& p0, const Tensor& p1, const Tensor& z0, const Tensor& z1,
                    bool stop_gradient = true);

/// The same from the two views' embeddings (N, E) as the tower gives them: z by the projector
/// (every layer normalised, no ReLU at the end), p by the predictor of z (the last layer not
/// normalised). Each view is normalised alone, as `batch_norm_rows` says.
Tensor simsiam(const Tensor& embedding0, const Tensor& embedding1,
               const std::vector<HeadLayer>& projector, const std::vector<HeadLayer>& predictor,
               bool stop_gradient = true, int64_t group = 0);

/// Chen & He's sign of collapse: the standard deviation of each column of the rows at unit length,
/// the mean over columns, times sqrt(D): about 1 for rows in all directions, 0 where all are the
/// same. `rows` (N, D); a scalar without a graph.
Tensor collapse_indicator(const Tensor& rows);

/// On the last two views. Reads "simsiam/collapse".
class SimSiam final : public TermWithHeads {
 public:
  explicit SimSiam(const TermSetting& setting);
  Wants wants() const override;
  Tensor loss(const Features& all) override;
  void after_step(const Features& all) override;
  std::vector<Reading> readings() override;

 private:
  size_t first_view_;
  bool stop_gradient_;
  BatchNormHead projector_, predictor_;
  Tensor collapse_;
};

TermKind simsiam_kind();

}  // namespace clipwright::losses::terms
