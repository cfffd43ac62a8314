#include "eval/fewshot/coop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "tests/eval/fewshot/sets.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::fewshot {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/fewshot";

FeatureSet golden_set(const std::string& name) {
  return read_feature_set(kGolden / (name + ".npy"), kGolden / (name + "_labels.npy"));
}

class GoldenCoop : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCoop, ChoosesAsScikitLearnDoes) {
  const ChosenProbe chosen =
      choose_probe(golden_set("coop_train_" + GetParam()), golden_set("coop_val_" + GetParam()),
                   golden_set("coop_test_" + GetParam()), {});
  const Json expected = read_json(kGolden / "coop.json")[GetParam()];
  EXPECT_NEAR(std::log10(chosen.c), std::log10(expected["C"].get<double>()), 1e-9);
  EXPECT_DOUBLE_EQ(chosen.validation_accuracy, expected["val_accuracy"].get<double>());
  EXPECT_DOUBLE_EQ(chosen.accuracy, expected["accuracy"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(Shots, GoldenCoop, testing::Values("1", "4", "16"));

/// Three classes around corners of a triangle.
FeatureSet triangle(int64_t rows, double noise, uint64_t seed) {
  FeatureSet set = noise_set(3, rows, 4, seed);
  set.rows *= noise;
  for (int64_t i = 0; i < set.size(); ++i) set.rows[i][set.labels[static_cast<size_t>(i)]] += 1;
  return set;
}

TEST(Coop, RunsEveryNumberOfShotsWithEverySeed) {
  const FeatureSet train = triangle(20, 0.5, 1), validation = triangle(6, 0.5, 2),
                   test = triangle(60, 0.5, 3);
  const CoopResult result =
      evaluate_coop(train, validation, test, {.shots = {1, 4, 16}, .seeds = {1, 2, 3}});
  ASSERT_EQ(result.runs.size(), 9U);
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(result.runs[i].shots, std::vector<int>({1, 4, 16})[i / 3]);
    EXPECT_EQ(result.runs[i].seed, i % 3 + 1);
    EXPECT_GT(result.runs[i].probe.accuracy, 1 / 3.0);
  }
  EXPECT_GT(result.mean(16), result.mean(1));
  double sum = 0, square = 0;
  for (size_t i = 6; i < 9; ++i) sum += result.runs[i].probe.accuracy;
  EXPECT_DOUBLE_EQ(result.mean(16), sum / 3);
  for (size_t i = 6; i < 9; ++i) square += std::pow(result.runs[i].probe.accuracy - sum / 3, 2);
  EXPECT_NEAR(*result.deviation(16), std::sqrt(square / 2), 1e-12);
  EXPECT_NEAR(*result.interval(16), 1.96 * std::sqrt(square / 2) / std::sqrt(3), 1e-12);
  // A seed's draws do not depend on the others.
  const CoopResult alone = evaluate_coop(train, validation, test, {.shots = {4}, .seeds = {2}});
  EXPECT_EQ(alone.runs[0].probe.accuracy, result.runs[4].probe.accuracy);
  EXPECT_FALSE(alone.interval(4));
}

TEST(Coop, WithoutValidationItsRowsAreThoseThatAreLeft) {
  const FeatureSet train = triangle(6, 0.3, 1), test = triangle(30, 0.3, 3);
  const CoopResult result = evaluate_coop(train, std::nullopt, test, {.shots = {4}, .seeds = {1}});
  EXPECT_GT(result.mean(4), 0.8);
  try {
    evaluate_coop(train, std::nullopt, test, {.shots = {6}, .seeds = {1}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("no validation rows for 6 shots"), std::string::npos)
        << error.what();
  }
}

TEST(Coop, AClassThatTrainingLacksIsNeverRight) {
  const FeatureSet train = triangle(8, 0.1, 1), test = triangle(10, 0.1, 3);
  std::vector<int64_t> two_classes;
  for (int64_t i = 0; i < 16; ++i) two_classes.push_back(i);
  const CoopResult result = evaluate_coop(pick(train, two_classes), triangle(4, 0.1, 2), test,
                                          {.shots = {4}, .seeds = {1}});
  EXPECT_NEAR(result.mean(4), 2 / 3.0, 1e-12);
}

TEST(Coop, RefusesSettingsThatMeanNothing) {
  const FeatureSet set = triangle(5, 0.1, 1);
  EXPECT_THROW(evaluate_coop(set, set, set, {.shots = {}}), Error);
  EXPECT_THROW(evaluate_coop(set, set, set, {.shots = {0}}), Error);
  EXPECT_THROW(evaluate_coop(set, set, set, {.seeds = {}}), Error);
  EXPECT_THROW(evaluate_coop(set, set, noise_set(3, 5, 7, 1), {}), Error);
}

}  // namespace
}  // namespace clipwright::eval::fewshot
