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
  /// The value at `x`; `gradient` (P) is overwritten.
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

struct LbfgsResult {
  double value = 0;
  int iterations = 0, evaluations = 0;
  bool converged = false;  ///< false: out of iterations, or no step lowers the value any more
};

class Lbfgs {
 public:
  explicit Lbfgs(SmoothFunction& function) : function_(function) {}

  /// Moves `x` to lower values. What was learned of the curvature stays for the next call. Throws
  /// Error(kInterrupted) when the process is asked to stop.
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
