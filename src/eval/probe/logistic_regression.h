// Multinomial logistic regression on features that stay the same: the mean cross entropy of all
// rows plus a penalty on the weights, not on the bias, to its minimum.
#pragma once

#include <cstdint>
#include <vector>

#include "eval/probe/linear_head.h"
#include "eval/probe/principal_axes.h"
#include "tensor/tensor.h"

namespace clipwright::eval::probe {

enum class PenaltyForm {
  kSquaredNorm,  ///< weight / 2 * |W|^2
  kNorm,         ///< weight / 2 * |W|: LGSSL's, of a norm that is not squared
};
struct Penalty {
  PenaltyForm form = PenaltyForm::kSquaredNorm;
  double weight = 0;  ///< beside the mean cross entropy
};
/// scikit-learn's 1/2 |W|^2 + C * sum of cross entropies, over C * rows.
Penalty inverse_strength(double c, int64_t rows);

struct LogisticFit {
  LinearHead head;
  double objective = 0;  ///< mean cross entropy plus penalty
  int iterations = 0, evaluations = 0;
  bool converged = false;
  Tensor start;  ///< for a warm start of the same problem at another penalty
};

struct LogisticOptions {
  int max_iterations = 1000;
  /// Share of the objective that a next step may still gain.
  double smallest_gain = 1e-9;
  /// Two classes are told apart by one row of weights, as scikit-learn has it; otherwise by two.
  bool one_row_for_two = true;
  torch::Device device = torch::kCPU;
};

/// Holds the rows in the coordinates of their principal components, in which second derivatives of
/// the objective are nearly diagonal: L-BFGS preconditioned by that diagonal needs a fraction of
/// the steps. The minimum is the same one, since a rotation changes no norm and a shift only the
/// bias. Products are in float32 with sums in float64, the last steps wholly in float64.
class LogisticProblem {
 public:
  /// `rows` (N, D) float32 on the CPU, `classes` N indices in [0, count), count >= 2.
  LogisticProblem(const Tensor& rows, const std::vector<int64_t>& classes, int64_t count,
                  const LogisticOptions& options = {});

  int64_t rows() const { return axes_.rows.size(0); }
  /// From zero, or from the `start` of an earlier fit of this problem.
  LogisticFit fit(const Penalty& penalty, const Tensor& start = {}) const;

  /// Mean cross entropy plus penalty of any head, in float64: what `fit` makes least.
  static double objective(const LinearHead& head, const Tensor& rows,
                          const std::vector<int64_t>& classes, const Penalty& penalty,
                          bool one_row_for_two = true);

 private:
  LogisticOptions options_;
  int64_t outputs_;     // K, or one for two classes
  PrincipalAxes axes_;  // its rows and variance on the device
  Tensor classes_;      // (N, 1) int64 on the device
  Tensor prior_;        // (K) float64 on the device: the bias that is best without weights
};

}  // namespace clipwright::eval::probe
