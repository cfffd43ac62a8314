// Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.5) with a diagonal preconditioner and a
// strong Wolfe line search (section 3.5), relaxed near the optimum by the approximate conditions of
// Hager & Zhang (2005, section 3), where differences of the value drown in rounding.
#pragma once

#include <deque>

#include "tensor/tensor.h"

namespace clipwright::eval::probe {

/// What is minimised, over float64 vectors (P) on one device.
class SmoothFunction {
 public:
  virtual ~SmoothFunction() = default;
  /// The value at `x` (P), any point; `gradient` (P, of the same kind) is overwritten. A value or
  /// gradient that is not finite makes the search take a shorter step; at the start it ends it.
  /// Throws what its work throws; `x` is then as it was.
  virtual double evaluate(const Tensor& x, Tensor& gradient) = 0;
  /// (P) positive numbers about as large as the inverse of the second derivatives' diagonal at the
  /// point that was evaluated last.
  virtual Tensor inverse_curvature() = 0;
};

struct LbfgsOptions {
  int max_iterations = 1000;
  /// Ends when the value is expected to fall by less than this share of itself.
  double smallest_gain = 1e-9;
  /// Share of the value that rounding may change.
  double rounding = 1e-14;
};

enum class LbfgsEnd {
  kConverged,   ///< the gain that is expected of another step is below `smallest_gain`
  kIterations,  ///< `max_iterations` are done
  kNoStep,      ///< no step lowers the value: rounding, or a gradient that is not the value's
};

struct LbfgsResult {
  double value = 0;
  int iterations = 0, evaluations = 0;
  LbfgsEnd end = LbfgsEnd::kIterations;
  bool converged() const { return end == LbfgsEnd::kConverged; }
};

class Lbfgs {
 public:
  explicit Lbfgs(SmoothFunction& function) : function_(function) {}

  /// Moves `x` (P) to lower values. What was learned of the curvature stays for the next call. How
  /// many iterations that takes goes with the root of the condition number that
  /// `inverse_curvature` leaves: with a million left, thousands. Throws Error(kInterrupted) when
  /// the process is asked to stop.
  LbfgsResult minimize(Tensor& x, const LbfgsOptions& options);

 private:
  /// A point on the line from where the iteration stands.
  struct Probe {
    double step = 0, value = 0, slope = 0;
  };

  Tensor direction(const Tensor& gradient) const;
  void remember(const Tensor& step, const Tensor& gradient_change);
  Probe evaluate_at(const Tensor& x, const Tensor& along, double step);
  bool search_line(const Tensor& x, const Tensor& along, const Probe& start, double first_step,
                   double rounding, Probe& found);

  SmoothFunction& function_;
  struct Pair {
    Tensor step, change;
    double product = 0;
  };
  std::deque<Pair> pairs_;
  Tensor inverse_curvature_;
  Tensor candidate_, candidate_gradient_;
  int evaluations_ = 0;
};

}  // namespace clipwright::eval::probe
