#include "eval/probe/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/probe/cross_entropy.h"
#include "tensor/device.h"
#include "tests/eval/probe/golden_probe.h"

namespace clipwright::eval::probe {
namespace {

LogisticProblem problem_of(const FeatureSet& set, const LogisticOptions& options = {}) {
  return {set.rows, set.labels, set.classes(), options};
}

/// Rows of K classes around centres that overlap.
FeatureSet overlapping(int64_t rows, int64_t width, int64_t classes) {
  torch::manual_seed(4);
  const Tensor centres = torch::randn({classes, width});
  FeatureSet set;
  set.source = "overlapping";
  for (int64_t i = 0; i < rows; ++i) set.labels.push_back((i * 7 + i / classes) % classes);
  set.rows = centres.index_select(0, torch::tensor(set.labels, torch::kInt64)) +
             2 * torch::randn({rows, width}) + 5;
  return set;
}

TEST(LogisticRegression, ReachesScikitLearnsObjective) {
  const Json golden = golden_probe();
  for (const std::string name : {"digits", "wine", "breast_cancer"}) {
    for (const std::string kind : {"float32", "float16"}) {
      const FeatureSet train = golden_set(name, kind).train;
      const LogisticProblem problem = problem_of(train);
      for (const Json& row : golden["sets"][name][kind]["objectives"]) {
        const double c = row[0], expected = row[1];
        const Penalty penalty = inverse_strength(c, train.size());
        const LogisticFit fit = problem.fit(penalty);
        const double scale = c * static_cast<double>(train.size());
        EXPECT_TRUE(fit.converged) << name << " C " << c;
        // Of a problem that is nearly separable scikit-learn stops a little above the minimum.
        EXPECT_LE(fit.objective * scale, expected * (1 + 1e-5))
            << name << " " << kind << " C " << c;
        EXPECT_GE(fit.objective * scale, expected * (1 - 1e-4))
            << name << " " << kind << " C " << c;
        // The head for rows as they come is the one that was fitted.
        EXPECT_NEAR(LogisticProblem::objective(fit.head, train.rows, train.labels, penalty) * scale,
                    fit.objective * scale, 1e-6 * expected)
            << name << " " << kind << " C " << c;
      }
    }
  }
}

TEST(LogisticRegression, ReachesTheMinimumOfANormThatIsNotSquared) {
  const Json golden = golden_probe();
  for (const std::string name : {"digits", "wine", "breast_cancer"}) {
    const FeatureSet train = golden_set(name, "float32").train;
    const LogisticProblem problem = problem_of(train, {.one_row_for_two = false});
    for (const Json& row : golden["sets"][name]["lgssl"]) {
      const double c = row[0], expected = row[1];
      const LogisticFit fit = problem.fit({PenaltyForm::kNorm, 1 / c});
      // Where the reference stops a little above the minimum, ours may lie below it.
      EXPECT_LE(fit.objective, expected * (1 + 1e-6)) << name << " C " << c;
      EXPECT_GE(fit.objective, expected * (1 - 1e-4)) << name << " C " << c;
    }
  }
}

TEST(LogisticRegression, ANormThatOutweighsTheLossLeavesOnlyTheBias) {
  FeatureSet set = overlapping(60, 4, 3);
  set.labels.front() = 1;
  const LogisticFit fit = problem_of(set).fit({PenaltyForm::kNorm, 1e6});
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(fit.head.weight.abs().max().item<double>(), 0);
  // The bias then says how frequent each class is.
  const Tensor p = at::softmax(fit.head.bias, 0);
  for (int64_t c = 0; c < 3; ++c) {
    const auto count = std::count(set.labels.begin(), set.labels.end(), c);
    EXPECT_NEAR(p[c].item<double>(), static_cast<double>(count) / 60, 1e-9);
  }
  // A warm start from there finds the way out again.
  const LogisticFit weak = problem_of(set).fit({PenaltyForm::kNorm, 1e-3}, fit.start);
  EXPECT_NEAR(weak.objective, problem_of(set).fit({PenaltyForm::kNorm, 1e-3}).objective, 1e-8);
}

TEST(LogisticRegression, TheGradientIsThatOfTheLoss) {
  torch::manual_seed(2);
  constexpr double kStep = 1e-6;
  for (const int64_t outputs : {1, 3, 5}) {
    const Tensor rows = torch::randn({13, 4});
    const Tensor classes = at::randint(std::max<int64_t>(outputs, 2), {13, 1}, torch::kInt64);
    const Tensor weight = torch::randn({outputs, 4}, torch::kFloat64),
                 bias = torch::randn({outputs}, torch::kFloat64);
    const CrossEntropySums at_point =
        cross_entropy_sums(rows, classes, weight, bias, torch::kFloat64, true);
    const auto loss = [&] {
      return cross_entropy_sums(rows, classes, weight, bias, torch::kFloat64, false).loss;
    };
    // Against the formula itself.
    Tensor logits = rows.to(torch::kFloat64).mm(weight.t()) + bias;
    if (outputs == 1) logits = at::cat({at::zeros_like(logits), logits}, 1);
    EXPECT_NEAR(loss(), at::log_softmax(logits, 1).gather(1, classes).sum().neg().item<double>(),
                1e-10);
    for (const auto& [value, gradient] : {std::pair(weight.view({-1}), at_point.weight.view({-1})),
                                          std::pair(bias, at_point.bias)}) {
      for (int64_t i = 0; i < value.size(0); ++i) {
        const auto before = value[i].item<double>();
        value[i] = before + kStep;
        const double above = loss();
        value[i] = before - kStep;
        const double below = loss();
        value[i] = before;
        EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-7);
      }
    }
    const Tensor p = at::softmax(logits, 1);
    const Tensor curvature = (p * (1 - p)).sum(0);
    for (int64_t k = 0; k < outputs; ++k)
      EXPECT_NEAR(at_point.curvature[k].item<double>(), curvature[k].item<double>(), 1e-9);
  }
}

TEST(LogisticRegression, ALossBelowFloatsLastDigitIsStillALoss) {
  // Far apart, so that the probability of the right class is one in float32.
  const Tensor rows = torch::tensor({-30.0F, 30.0F}).view({2, 1});
  const Tensor classes = torch::tensor({0, 1}, torch::kInt64).view({2, 1});
  const Tensor weight = torch::tensor({-0.5, 0.5}, torch::kFloat64).view({2, 1}),
               bias = at::zeros({2}, torch::kFloat64);
  const double expected = 2 * std::log1p(std::exp(-30.0));
  for (const auto precision : {torch::kFloat32, torch::kFloat64}) {
    EXPECT_NEAR(cross_entropy_sums(rows, classes, weight, bias, precision, false).loss, expected,
                1e-4 * expected);
    EXPECT_NEAR(cross_entropy_sums(rows, classes, weight.narrow(0, 1, 1) * 2, bias.narrow(0, 0, 1),
                                   precision, false)
                    .loss,
                expected, 1e-4 * expected);
  }
}

TEST(LogisticRegression, AWarmStartEndsWhereAColdOneDoes) {
  const FeatureSet set = overlapping(300, 12, 5);
  const LogisticProblem problem = problem_of(set);
  const LogisticFit strong = problem.fit(inverse_strength(1e-3, 300));
  const Penalty weak = inverse_strength(1, 300);
  const LogisticFit cold = problem.fit(weak), warm = problem.fit(weak, strong.start);
  EXPECT_NEAR(warm.objective, cold.objective, 1e-7);
  EXPECT_TRUE(at::allclose(warm.head.weight, cold.head.weight, 1e-2, 1e-3));
}

TEST(LogisticRegression, FloatAndDoubleStagesMeetOnLargerProblems) {
  // Large enough for products in float32.
  const FeatureSet set = overlapping(6000, 64, 20);
  const LogisticFit fit = problem_of(set).fit(inverse_strength(1, set.size()));
  EXPECT_TRUE(fit.converged);
  const Penalty penalty = inverse_strength(1, set.size());
  EXPECT_NEAR(LogisticProblem::objective(fit.head, set.rows, set.labels, penalty), fit.objective,
              1e-7 * fit.objective);
  // At the minimum the gradient is zero.
  const CrossEntropySums sums =
      cross_entropy_sums(set.rows, torch::tensor(set.labels, torch::kInt64).view({-1, 1}),
                         fit.head.weight, fit.head.bias, torch::kFloat64, false);
  const Tensor gradient =
      sums.weight / static_cast<double>(set.size()) + penalty.weight * fit.head.weight;
  EXPECT_LT(gradient.abs().max().item<double>(), 1e-4);
}

TEST(LogisticRegression, ThreadsDoNotChangeTheResult) {
  const FeatureSet set = overlapping(6000, 64, 20);
  std::vector<LogisticFit> fits;
  for (const int threads : {1, 2, 16}) {
    tensor::set_compute_threads(threads);
    fits.push_back(problem_of(set).fit(inverse_strength(1, set.size())));
  }
  tensor::set_compute_threads(0);
  const Tensor first = fits[0].head.scores(set.rows).argmax(1);
  for (const LogisticFit& fit : fits) {
    EXPECT_NEAR(fit.objective, fits[0].objective, 1e-6 * fits[0].objective);
    EXPECT_TRUE(at::equal(fit.head.scores(set.rows).argmax(1), first));
  }
}

TEST(LogisticRegression, ConstantAndRepeatedColumnsChangeNothing) {
  const FeatureSet set = overlapping(200, 5, 3);
  const Penalty penalty = inverse_strength(0.5, 200);
  const LogisticFit plain = problem_of(set).fit(penalty);
  FeatureSet more = set;
  more.rows = at::cat({set.rows, at::full({200, 3}, 7.0F)}, 1);
  const LogisticFit with_constants = problem_of(more).fit(penalty);
  EXPECT_NEAR(with_constants.objective, plain.objective, 1e-8);
  EXPECT_LT(with_constants.head.weight.narrow(1, 5, 3).abs().max().item<double>(), 1e-5);
  // A column twice shares the weight of one.
  more.rows = at::cat({set.rows, set.rows.narrow(1, 0, 1)}, 1);
  const LogisticFit twice = problem_of(more).fit(penalty);
  EXPECT_LT(twice.objective, plain.objective + 1e-9);
  EXPECT_TRUE(
      at::allclose(twice.head.weight.select(1, 0), twice.head.weight.select(1, 5), 1e-3, 1e-5));
}

TEST(LogisticRegression, RowsThatAreAllTheSameLeaveTheFrequencies) {
  FeatureSet set;
  set.rows = torch::ones({5, 4});
  set.labels = {0, 1, 1, 1, 0};
  const LogisticFit fit = problem_of(set).fit(inverse_strength(1, 5));
  EXPECT_TRUE(fit.converged);
  const Tensor p = at::softmax(fit.head.scores(set.rows)[0], 0);
  EXPECT_NEAR(p[1].item<double>(), 0.6, 1e-6);
}

TEST(LogisticRegression, MoreDimensionsThanRows) {
  FeatureSet set = overlapping(12, 40, 3);
  const LogisticFit fit = problem_of(set).fit(inverse_strength(10, 12));
  EXPECT_TRUE(fit.converged);
  const Tensor found = fit.head.scores(set.rows).argmax(1);
  for (int64_t i = 0; i < 12; ++i)
    EXPECT_EQ(found[i].item<int64_t>(), set.labels[static_cast<size_t>(i)]);
}

}  // namespace
}  // namespace clipwright::eval::probe
