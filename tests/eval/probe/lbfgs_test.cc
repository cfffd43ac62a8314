#include "eval/probe/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipwright::eval::probe {
namespace {

/// Rosenbrock's valley in pairs of dimensions.
class Valley final : public SmoothFunction {
 public:
  double evaluate(const Tensor& x, Tensor& gradient) override {
    ++evaluations;
    const auto* at = x.data_ptr<double>();
    auto* g = gradient.data_ptr<double>();
    double value = 0;
    for (int64_t i = 0; i < x.size(0); i += 2) {
      const double a = 1 - at[i], b = at[i + 1] - at[i] * at[i];
      value += a * a + 100 * b * b;
      g[i] = -2 * a - 400 * at[i] * b;
      g[i + 1] = 200 * b;
    }
    return value;
  }
  Tensor inverse_curvature() override { return at::full({size}, 1e-3, torch::kFloat64); }

  int64_t size = 4;
  int evaluations = 0;
};

/// A bowl whose axes differ by six decades, with its exact curvature or without.
class Bowl final : public SmoothFunction {
 public:
  explicit Bowl(bool knows) : knows_(knows) {}
  double evaluate(const Tensor& x, Tensor& gradient) override {
    gradient.copy_((x - 1) * scale_);
    return ((x - 1).square() * scale_).sum().item<double>() / 2 + 3;
  }
  Tensor inverse_curvature() override {
    return knows_ ? scale_.reciprocal() : at::ones_like(scale_);
  }

 private:
  bool knows_;
  Tensor scale_ = at::logspace(-3, 3, 20, 10.0, torch::kFloat64);
};

TEST(Lbfgs, FindsTheEndOfACurvedValley) {
  Valley valley;
  Tensor x = torch::tensor({-1.2, 1.0, 3.0, -4.0}, torch::kFloat64);
  Lbfgs solver(valley);
  const LbfgsResult result = solver.minimize(x, {.smallest_gain = 1e-14});
  EXPECT_TRUE(result.converged() || result.value < 1e-20);
  EXPECT_TRUE(at::allclose(x, at::ones_like(x), 0, 1e-6)) << x;
  EXPECT_EQ(result.evaluations, valley.evaluations);
  EXPECT_LT(result.iterations, 200);
}

TEST(Lbfgs, KnowingTheCurvatureSavesSteps) {
  int steps[2];
  for (const bool knows : {false, true}) {
    Bowl bowl(knows);
    Tensor x = at::zeros({20}, torch::kFloat64);
    Lbfgs solver(bowl);
    const LbfgsResult result = solver.minimize(x, {.smallest_gain = 1e-12});
    if (knows) {
      EXPECT_EQ(result.end, LbfgsEnd::kConverged);
      EXPECT_NEAR(result.value, 3, 1e-8);
    } else {
      EXPECT_EQ(result.end, LbfgsEnd::kIterations) << "a condition of a million takes thousands";
      EXPECT_NEAR(result.value, 3, 1e-4) << "after " << result.iterations << " steps";
    }
    steps[knows] = result.iterations;
  }
  EXPECT_LE(steps[1], 2);
  EXPECT_GT(steps[0], 10);
}

// SciPy 1.17.1's L-BFGS-B with the same memory (maxcor 10) from the same start: of the bowl of
// condition 1e6 it ends 2.6e-9 above the minimum after 2,249 evaluations (ftol 1e-12) and 2.3e-13
// above after 3,783 (ftol 1e-16); of the valley 7.5e-15 above after 75 (ftol 1e-12). The figures
// are those of tests/golden/make_lbfgs_ends.py.
TEST(Lbfgs, IllConditionedProblemsEndWhereScipysDo) {
  Bowl bowl(/*knows=*/false);
  Tensor x = at::zeros({20}, torch::kFloat64);
  const LbfgsResult of_bowl =
      Lbfgs(bowl).minimize(x, {.max_iterations = 10000, .smallest_gain = 1e-14});
  EXPECT_EQ(of_bowl.end, LbfgsEnd::kConverged);
  EXPECT_GE(of_bowl.value, 3);
  EXPECT_LT(of_bowl.value, 3 + 2.6e-9);
  EXPECT_LT(of_bowl.evaluations, 2 * 3783);

  // Down to what rounding leaves of the value: no step lowers it any more, or none is expected to.
  Lbfgs solver(bowl);
  const LbfgsResult to_the_end =
      solver.minimize(x, {.max_iterations = 10000, .smallest_gain = 1e-18});
  EXPECT_NE(to_the_end.end, LbfgsEnd::kIterations);
  EXPECT_NEAR(to_the_end.value, 3, 2e-14);

  Valley valley;
  x = torch::tensor({-1.2, 1.0, 3.0, -4.0}, torch::kFloat64);
  const LbfgsResult of_valley = Lbfgs(valley).minimize(x, {.smallest_gain = 1e-14});
  EXPECT_LT(of_valley.value, 1e-13);
  EXPECT_LT(of_valley.evaluations, 2 * 75);
}

/// The value says up where the gradient says down.
class Contradiction final : public SmoothFunction {
 public:
  double evaluate(const Tensor& x, Tensor& gradient) override {
    gradient.fill_(-1);
    return x.sum().item<double>();
  }
  Tensor inverse_curvature() override { return at::ones({3}, torch::kFloat64); }
};

TEST(Lbfgs, SaysWhenNoStepLowersTheValue) {
  Contradiction wrong;
  Tensor x = at::zeros({3}, torch::kFloat64);
  const LbfgsResult result = Lbfgs(wrong).minimize(x, {});
  EXPECT_EQ(result.end, LbfgsEnd::kNoStep);
  EXPECT_FALSE(result.converged());
  EXPECT_TRUE(at::equal(x, at::zeros({3}, torch::kFloat64))) << "x stays where it was";
}

TEST(Lbfgs, StopsAtItsBoundAndGoesOnFromThere) {
  Valley valley;
  Tensor x = torch::tensor({-1.2, 1.0, 3.0, -4.0}, torch::kFloat64);
  Lbfgs solver(valley);
  const LbfgsResult first = solver.minimize(x, {.max_iterations = 5});
  EXPECT_EQ(first.iterations, 5);
  EXPECT_EQ(first.end, LbfgsEnd::kIterations);
  const LbfgsResult then = solver.minimize(x, {.smallest_gain = 1e-14});
  EXPECT_LT(then.value, first.value);
  EXPECT_TRUE(at::allclose(x, at::ones_like(x), 0, 1e-6)) << x;
}

/// Values that end in noise, as sums in float32 do.
class Noisy final : public SmoothFunction {
 public:
  double evaluate(const Tensor& x, Tensor& gradient) override {
    gradient.copy_(x);
    const double noise = 1e-7 * std::sin(1e9 * x.sum().item<double>());
    return 1 + x.square().sum().item<double>() / 2 + noise;
  }
  Tensor inverse_curvature() override { return at::ones({3}, torch::kFloat64) * 0.1; }
};

TEST(Lbfgs, NoiseEndsTheSearchNearTheMinimum) {
  Noisy noisy;
  Tensor x = torch::tensor({1.0, -2.0, 3.0}, torch::kFloat64);
  Lbfgs solver(noisy);
  const LbfgsResult result =
      solver.minimize(x, {.max_iterations = 500, .smallest_gain = 1e-13, .rounding = 1e-7});
  EXPECT_LT(result.iterations, 500);
  EXPECT_LT(x.norm().item<double>(), 1e-2);
}

}  // namespace
}  // namespace clipwright::eval::probe
