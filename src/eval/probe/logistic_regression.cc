#include "eval/probe/logistic_regression.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "eval/probe/cross_entropy.h"
#include "eval/probe/lbfgs.h"

namespace clipwright::eval::probe {
namespace {

// Products of this size cost less than what float32 would save.
constexpr int64_t kSmallProblem = 1 << 22;
// How near float32 comes to the minimum before its rounding is in the way.
constexpr double kGainInFloat = 1e-6, kRoundingOfFloat = 1e-7, kRoundingOfDouble = 1e-14;
constexpr int kEvaluationsACurvature = 9;

double penalty_value(const Penalty& penalty, const Tensor& weight) {
  const auto norm = weight.norm().item<double>();
  return penalty.weight / 2 * (penalty.form == PenaltyForm::kNorm ? norm : norm * norm);
}

/// The factor f of the penalty's gradient f * W, and about of its second derivative.
double penalty_slope(const Penalty& penalty, const Tensor& weight) {
  if (penalty.form == PenaltyForm::kSquaredNorm) return penalty.weight;
  const auto norm = weight.norm().item<double>();
  return norm > 0 ? penalty.weight / (2 * norm) : 0;
}

/// The objective over weights (K, R) and bias (K) as one vector.
class Objective final : public SmoothFunction {
 public:
  Objective(const Tensor& rows, const Tensor& classes, const Tensor& variance, int64_t outputs,
            const Penalty& penalty)
      : rows_(rows), classes_(classes), variance_(variance), outputs_(outputs), penalty_(penalty) {}

  void set_precision(torch::ScalarType precision) { precision_ = precision; }
  Tensor weight_of(const Tensor& x) const {
    return x.narrow(0, 0, outputs_ * rows_.size(1)).view({outputs_, rows_.size(1)});
  }
  Tensor bias_of(const Tensor& x) const { return x.narrow(0, outputs_ * rows_.size(1), outputs_); }

  double evaluate(const Tensor& x, Tensor& gradient) override {
    const auto count = static_cast<double>(rows_.size(0));
    const Tensor weight = weight_of(x);
    const bool look = !curvature_.defined() || ++since_curvature_ >= kEvaluationsACurvature;
    CrossEntropySums sums =
        cross_entropy_sums(rows_, classes_, weight, bias_of(x), precision_, look);
    slope_ = penalty_slope(penalty_, weight);
    weight_of(gradient).copy_(sums.weight).div_(count).add_(weight, slope_);
    bias_of(gradient).copy_(sums.bias).div_(count);
    if (look) {
      curvature_ = sums.curvature.div_(count);
      since_curvature_ = 0;
    }
    return sums.loss / count + penalty_value(penalty_, weight);
  }

  Tensor inverse_curvature() override {
    const Tensor of_class = curvature_.clamp_min(1e-12);
    const Tensor of_weight = at::outer(of_class, variance_).add_(slope_).clamp_min_(1e-30);
    return at::cat({of_weight.flatten(), of_class}).reciprocal_();
  }

 private:
  const Tensor &rows_, &classes_, &variance_;
  int64_t outputs_;
  Penalty penalty_;
  torch::ScalarType precision_ = torch::kFloat64;
  Tensor curvature_;
  double slope_ = 0;
  int since_curvature_ = 0;
};

}  // namespace

Penalty inverse_strength(double c, int64_t rows) {
  return {PenaltyForm::kSquaredNorm, 1 / (c * static_cast<double>(rows))};
}

LogisticProblem::LogisticProblem(const Tensor& rows, const std::vector<int64_t>& classes,
                                 int64_t count, const LogisticOptions& options)
    : options_(options), outputs_(count == 2 && options.one_row_for_two ? 1 : count) {
  CW_CHECK(rows.dim() == 2 && static_cast<int64_t>(classes.size()) == rows.size(0) && count >= 2,
           "rows (N, D) with a class each");
  axes_ = principal_axes(rows.contiguous());
  std::vector<double> share(static_cast<size_t>(count), 0);
  for (const int64_t c : classes) share.at(static_cast<size_t>(c)) += 1;
  Tensor prior = torch::tensor(share, torch::kFloat64).log();
  CW_CHECK(at::isfinite(prior).all().item<bool>(), "a row of every class");
  prior -= prior.mean();
  if (outputs_ == 1) prior = (prior[1] - prior[0]).view({1});
  prior_ = prior.to(options.device);
  classes_ = torch::tensor(classes, torch::kInt64).view({-1, 1}).to(options.device);
  axes_.rows = axes_.rows.to(options.device);
  axes_.variance = axes_.variance.to(options.device);
}

LogisticFit LogisticProblem::fit(const Penalty& penalty, const Tensor& start) const {
  const torch::NoGradGuard no_grad;
  Objective objective(axes_.rows, classes_, axes_.variance, outputs_, penalty);
  const int64_t width = axes_.rows.size(1);
  Tensor x = start.defined() ? start.clone()
                             : at::cat({at::zeros({outputs_ * width}, prior_.options()), prior_});
  LogisticFit fit;
  bool at_zero = false;
  if (penalty.form == PenaltyForm::kNorm) {
    // Where the weights are zero the penalty has a kink: zero is the minimum when the loss falls no
    // faster than the penalty rises. Otherwise a step of proximal descent leaves the kink.
    Tensor gradient = at::empty_like(x);
    Tensor zero = x.clone();
    objective.weight_of(zero).zero_();
    objective.bias_of(zero).copy_(prior_);
    fit.objective = objective.evaluate(zero, gradient);
    ++fit.evaluations;
    const Tensor slope = objective.weight_of(gradient);
    const auto steepness = slope.norm().item<double>();
    at_zero = steepness <= penalty.weight / 2;
    if (at_zero || objective.weight_of(x).norm().item<double>() == 0) {
      x = zero;
      if (!at_zero) {
        const double step = (1 - penalty.weight / (2 * steepness)) /
                            std::max(axes_.variance.max().item<double>() / 2, 1e-30);
        objective.weight_of(x).sub_(slope, step);
      }
    }
    fit.converged = at_zero;
  }
  Lbfgs solver(objective);
  const bool small = rows() * width * outputs_ < kSmallProblem;
  for (const auto precision : {torch::kFloat32, torch::kFloat64}) {
    if (at_zero || (small && precision == torch::kFloat32)) continue;
    const bool wide = precision == torch::kFloat64;
    objective.set_precision(precision);
    const LbfgsResult result =
        solver.minimize(x, {.max_iterations = options_.max_iterations - fit.iterations,
                            .smallest_gain = wide ? options_.smallest_gain
                                                  : std::max(options_.smallest_gain, kGainInFloat),
                            .rounding = wide ? kRoundingOfDouble : kRoundingOfFloat});
    fit.objective = result.value;
    fit.iterations += result.iterations;
    fit.evaluations += result.evaluations;
    fit.converged = result.converged();
  }
  fit.start = x;
  Tensor weight = axes_.weight_for_rows(objective.weight_of(x).to(torch::kCPU));
  Tensor bias = objective.bias_of(x).to(torch::kCPU) - weight.mv(axes_.mean);
  if (outputs_ == 1) {
    weight = at::cat({weight / -2, weight / 2});
    bias = at::cat({bias / -2, bias / 2});
  }
  fit.head = {weight.contiguous(), bias.contiguous()};
  return fit;
}

double LogisticProblem::objective(const LinearHead& head, const Tensor& rows,
                                  const std::vector<int64_t>& classes, const Penalty& penalty,
                                  bool one_row_for_two) {
  const bool one = head.weight.size(0) == 2 && one_row_for_two;
  const Tensor weight = one ? (head.weight[1] - head.weight[0]).view({1, -1}) : head.weight;
  const Tensor bias = one ? (head.bias[1] - head.bias[0]).view({1}) : head.bias;
  const CrossEntropySums sums =
      cross_entropy_sums(rows, torch::tensor(classes, torch::kInt64).view({-1, 1}), weight, bias,
                         torch::kFloat64, /*with_curvature=*/false);
  return sums.loss / static_cast<double>(rows.size(0)) + penalty_value(penalty, weight);
}

}  // namespace clipwright::eval::probe
