#include "eval/probe/lbfgs.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/process/interrupt.h"

namespace clipwright::eval::probe {
namespace {

constexpr size_t kPairs = 10;
constexpr int kMostProbes = 25;
constexpr double kSufficientDecrease = 1e-4, kCurvature = 0.9, kLargestStep = 1e10;
// The preconditioner follows the second derivatives, which change slowly: looking costs a pass.
constexpr int kIterationsACurvature = 10;

double inner_product(const Tensor& a, const Tensor& b) { return at::dot(a, b).item<double>(); }

/// Where the cubic through two points with their slopes is least; the middle where it has no such
/// place well inside (Nocedal & Wright 2006, equation 3.59).
double least_of_cubic(double a, double value_a, double slope_a, double b, double value_b,
                      double slope_b) {
  const double low = std::min(a, b), high = std::max(a, b), margin = 0.1 * (high - low);
  const double d1 = slope_a + slope_b - 3 * (value_a - value_b) / (a - b);
  const double inside = d1 * d1 - slope_a * slope_b;
  double least = (a + b) / 2;
  if (inside >= 0) {
    const double d2 = std::copysign(std::sqrt(inside), b - a);
    const double there = b - (b - a) * (slope_b + d2 - d1) / (slope_b - slope_a + 2 * d2);
    if (std::isfinite(there)) least = there;
  }
  return std::clamp(least, low + margin, high - margin);
}

}  // namespace

Tensor Lbfgs::direction(const Tensor& gradient) const {
  Tensor q = gradient.clone();
  std::vector<double> weight(pairs_.size());
  for (size_t i = pairs_.size(); i-- > 0;) {
    weight[i] = inner_product(pairs_[i].step, q) / pairs_[i].product;
    q.sub_(pairs_[i].change, weight[i]);
  }
  double scale = 1;
  if (!pairs_.empty()) {
    const Tensor& change = pairs_.back().change;
    scale = pairs_.back().product / inner_product(change, change * inverse_curvature_);
  }
  q.mul_(inverse_curvature_).mul_(scale);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const double back = inner_product(pairs_[i].change, q) / pairs_[i].product;
    q.add_(pairs_[i].step, weight[i] - back);
  }
  return q.neg_();
}

void Lbfgs::remember(const Tensor& step, const Tensor& gradient_change) {
  const double product = inner_product(step, gradient_change);
  // Without curvature along the step the matrix would not stay positive.
  if (product <= 1e-12 * step.norm().item<double>() * gradient_change.norm().item<double>()) return;
  if (pairs_.size() == kPairs) pairs_.pop_front();
  pairs_.push_back({step, gradient_change, product});
}

Lbfgs::Probe Lbfgs::evaluate_at(const Tensor& x, const Tensor& along, double step) {
  at::add_out(candidate_, x, along, step);
  Probe probe;
  probe.step = step;
  probe.value = function_.evaluate(candidate_, candidate_gradient_);
  probe.slope = inner_product(candidate_gradient_, along);
  ++evaluations_;
  return probe;
}

bool Lbfgs::search_line(const Tensor& x, const Tensor& along, const Probe& start, double first_step,
                        double rounding, Probe& found) {
  const double noise = rounding * std::abs(start.value);
  const auto falls = [&](const Probe& p) {
    return p.value <= start.value + kSufficientDecrease * p.step * start.slope;
  };
  const auto good = [&](const Probe& p) {
    if (!std::isfinite(p.value) || !std::isfinite(p.slope)) return false;
    if (falls(p) && std::abs(p.slope) <= -kCurvature * start.slope) return true;
    return p.value <= start.value + noise && p.slope >= kCurvature * start.slope &&
           p.slope <= (2 * kSufficientDecrease - 1) * start.slope;
  };
  const auto finite = [](const Probe& p) {
    return std::isfinite(p.value) && std::isfinite(p.slope);
  };
  Probe low = start, high;
  bool bracketed = false;
  double step = first_step;
  for (int probes = 0; probes < kMostProbes; ++probes) {
    const Probe probe = evaluate_at(x, along, step);
    if (good(probe)) {
      found = probe;
      return true;
    }
    if (!finite(probe)) {
      high = probe;
      bracketed = true;
      step = low.step + 0.1 * (probe.step - low.step);
      continue;
    }
    // The interval's better end is `low`; its slope points towards `high`.
    if (!falls(probe) || (probe.value >= low.value && low.step != start.step)) {
      high = probe;
      bracketed = true;
    } else {
      const bool beyond = bracketed ? probe.slope * (high.step - low.step) >= 0 : probe.slope >= 0;
      if (beyond) {
        high = low;
        bracketed = true;
      }
      low = probe;
    }
    if (!bracketed) {
      step = std::min(2.5 * probe.step, kLargestStep);
    } else {
      step = finite(high)
                 ? least_of_cubic(low.step, low.value, low.slope, high.step, high.value, high.slope)
                 : low.step + 0.1 * (high.step - low.step);
      if (std::abs(high.step - low.step) <= 1e-12 * std::max(1.0, low.step)) break;
    }
  }
  if (low.step == start.step || low.value >= start.value) return false;
  found = evaluate_at(x, along, low.step);  // the best that was seen
  return true;
}

LbfgsResult Lbfgs::minimize(Tensor& x, const LbfgsOptions& options) {
  evaluations_ = 0;
  candidate_ = at::empty_like(x);
  candidate_gradient_ = at::empty_like(x);
  Tensor gradient = at::empty_like(x);
  LbfgsResult result;
  result.value = function_.evaluate(x, gradient);
  ++evaluations_;
  bool afresh = false;  // a search failed: only the preconditioner is trusted
  int curvature_age = kIterationsACurvature;
  while (result.iterations < options.max_iterations) {
    stop_if_interrupted();
    if (curvature_age >= kIterationsACurvature) {
      inverse_curvature_ = function_.inverse_curvature();
      curvature_age = 0;
    }
    Tensor along = direction(gradient);
    Probe start;
    start.value = result.value;
    start.slope = inner_product(gradient, along);
    if (!(start.slope < 0)) {
      if (pairs_.empty()) {
        result.end = start.slope == 0 ? LbfgsEnd::kConverged : LbfgsEnd::kNoStep;
        break;
      }
      pairs_.clear();
      continue;
    }
    if (-start.slope / 2 <= options.smallest_gain * std::abs(result.value)) {
      result.end = LbfgsEnd::kConverged;
      break;
    }
    Probe found;
    if (!search_line(x, along, start, 1.0, options.rounding, found)) {
      if (afresh || pairs_.empty()) {
        result.end = LbfgsEnd::kNoStep;
        break;
      }
      pairs_.clear();
      afresh = true;
      curvature_age = kIterationsACurvature;
      // The function was evaluated elsewhere since: bring it back before it is asked for curvature.
      result.value = function_.evaluate(x, gradient);
      ++evaluations_;
      continue;
    }
    afresh = false;
    remember(candidate_ - x, candidate_gradient_ - gradient);
    x.copy_(candidate_);
    gradient.copy_(candidate_gradient_);
    result.value = found.value;
    ++result.iterations;
    ++curvature_age;
  }
  result.evaluations = evaluations_;
  return result;
}

}  // namespace clipwright::eval::probe
