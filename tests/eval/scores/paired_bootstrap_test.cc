#include "eval/scores/paired_bootstrap.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/random.h"
#include "tests/eval/scores/golden_scores.h"

namespace clipwright::eval::scores {
namespace {

const float kNone = std::numeric_limits<float>::quiet_NaN();

struct Outcomes {
  Json golden = golden_scores("paired_bootstrap");
  std::vector<float> a = golden["a"].get<std::vector<float>>(),
                     b = golden["b"].get<std::vector<float>>();
  std::vector<int> classes = golden["classes"].get<std::vector<int>>();
};

// Two bootstraps with other draws differ by the noise of their quantiles.
TEST(PairedBootstrap, AgreesWithScipy) {
  const Outcomes of;
  const BootstrapOptions options{.draws = 20000};
  for (const char* kind : {"plain", "by_class"}) {
    const Json& golden = of.golden[kind];
    const PairedDifference found = paired_bootstrap(
        of.a, of.b, std::string(kind) == "plain" ? std::vector<int>() : of.classes, options);
    EXPECT_NEAR(found.difference, golden["difference"].get<double>(), 1e-6) << kind;
    EXPECT_NEAR(found.low, golden["low"].get<double>(), 0.012) << kind;
    EXPECT_NEAR(found.high, golden["high"].get<double>(), 0.012) << kind;
    EXPECT_EQ(found.samples, 120);
  }
}

// Of many samples the interval of a mean is normal.
TEST(PairedBootstrap, IntervalOfAMeanIsNormal) {
  std::vector<float> a, b;
  Random random(3, "test", 0, uint64_t{0});
  double sum = 0, squares = 0;
  for (int i = 0; i < 4000; ++i) {
    a.push_back(static_cast<float>(random.uniform()));
    b.push_back(static_cast<float>(random.uniform()));
    const double d = static_cast<double>(a.back()) - static_cast<double>(b.back());
    sum += d;
    squares += d * d;
  }
  const double mean = sum / 4000, error = std::sqrt((squares / 4000 - mean * mean) / 4000);
  const PairedDifference found = paired_bootstrap(a, b, {}, {.draws = 16000});
  EXPECT_NEAR(found.difference, mean, 1e-9);
  EXPECT_NEAR(found.low, mean - 1.96 * error, 0.1 * error);
  EXPECT_NEAR(found.high, mean + 1.96 * error, 0.1 * error);
}

TEST(PairedBootstrap, IsTheSameForAnyNumberOfThreads) {
  const Outcomes of;
  const int before = at::get_num_threads();
  std::vector<double> lows;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    lows.push_back(paired_bootstrap(of.a, of.b, of.classes).low);
  }
  at::set_num_threads(before);
  EXPECT_EQ(lows[0], lows[1]);
  EXPECT_EQ(lows[0], lows[2]);
  EXPECT_NE(lows[0], paired_bootstrap(of.a, of.b, of.classes, {.seed = 1}).low);
}

TEST(PairedBootstrap, EqualModelsDifferByNothing) {
  const Outcomes of;
  const PairedDifference same = paired_bootstrap(of.a, of.a);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
  EXPECT_FALSE(same.excludes_zero());
  const PairedDifference always =
      paired_bootstrap(std::vector<float>(9, 1), std::vector<float>(9, 0));
  EXPECT_EQ(always.low, 1);
  EXPECT_TRUE(always.excludes_zero());
}

TEST(PairedBootstrap, ExchangingTheModelsTurnsTheSign) {
  const Outcomes of;
  const PairedDifference one = paired_bootstrap(of.a, of.b), other = paired_bootstrap(of.b, of.a);
  EXPECT_NEAR(one.difference, -other.difference, 1e-12);
  EXPECT_NEAR(one.low, -other.high, 1e-12);
}

TEST(PairedBootstrap, LeavesOutSamplesThatOneHasNoOutcomeOf) {
  Outcomes of;
  of.a.push_back(kNone);
  of.b.push_back(1);
  of.classes.push_back(0);
  of.a.push_back(1);
  of.b.push_back(kNone);
  of.classes.push_back(9);
  const PairedDifference found = paired_bootstrap(of.a, of.b, of.classes);
  EXPECT_EQ(found.samples, 120);
  EXPECT_EQ(found.left_out, 2);
  EXPECT_NEAR(found.difference, of.golden["by_class"]["difference"].get<double>(), 1e-6);
}

// Seeds that differ by more than their samples do: the interval must hold the seeds' spread.
TEST(PairedBootstrap, SeedsAreTheOuterLevel) {
  std::vector<std::vector<float>> a, b;
  for (const float mean : {0.1F, 0.5F, 0.9F}) {
    a.emplace_back(200, mean);
    b.emplace_back(200, 0.0F);
  }
  const PairedDifference found = paired_bootstrap(a, b);
  EXPECT_NEAR(found.difference, 0.5, 1e-6);
  EXPECT_NEAR(found.low, 0.1, 1e-6);  // three times the lowest seed: 1 draw in 27
  EXPECT_NEAR(found.high, 0.9, 1e-6);
  EXPECT_EQ(found.seeds, 3);
  const Outcomes of;
  const PairedDifference one = paired_bootstrap(std::vector<std::vector<float>>{of.a},
                                                std::vector<std::vector<float>>{of.b}),
                         plain = paired_bootstrap(of.a, of.b);
  EXPECT_EQ(one.low, plain.low);
  EXPECT_EQ(one.high, plain.high);
}

TEST(PairedBootstrap, RefusesWhatCannotBePaired) {
  const std::vector<float> three(3, 1), two(2, 1);
  EXPECT_THROW(paired_bootstrap(three, two), Error);
  EXPECT_THROW(paired_bootstrap(three, three, std::vector<int>{1, 2}), Error);
  EXPECT_THROW(paired_bootstrap(std::vector<float>{kNone}, std::vector<float>{1.0F}), Error);
  EXPECT_THROW(paired_bootstrap(three, three, {}, {.draws = 0}), Error);
  EXPECT_THROW(paired_bootstrap(three, three, {}, {.draws = kFewestDraws - 1}), Error);
  EXPECT_THROW(paired_bootstrap(three, three, {}, {.confidence = 1}), Error);
  EXPECT_THROW(paired_bootstrap(std::vector<std::vector<float>>{three, three},
                                std::vector<std::vector<float>>{three}),
               Error);
}

TEST(PairedBootstrap, OneSampleHasNoSpread) {
  const PairedDifference found = paired_bootstrap(std::vector<float>{1}, std::vector<float>{0});
  EXPECT_EQ(found.low, 1);
  EXPECT_EQ(found.high, 1);
}

}  // namespace
}  // namespace clipwright::eval::scores
