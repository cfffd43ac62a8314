#include "eval/invariance/outcome.h"

#include <gtest/gtest.h>

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Damage;

Spread healthy() { return {.over_texts = 0.1, .over_pictures = 0.1}; }

RewordingOutcome rewording(const std::string& name, const Agreement& image, const Agreement& text) {
  return {.name = name,
          .texts = image.queries,
          .directions = {{"image_retrieval", "image_retrieval_recall@1", image},
                         {"text_retrieval", "text_retrieval_recall@1", text}}};
}

TEST(Outcome, PoolsRewordingsAndAveragesDirections) {
  InvarianceOutcome outcome{.spread = healthy()};
  outcome.rewordings = {
      rewording("a", {.queries = 4, .same = 4, .right = 2, .right_reworded = 2, .right_both = 2},
                {.queries = 2, .same = 1, .right = 1, .right_reworded = 0, .right_both = 0}),
      rewording("b", {.queries = 6, .same = 1, .right = 3, .right_reworded = 1, .right_both = 1},
                {.queries = 2, .same = 0, .right = 1, .right_reworded = 1, .right_both = 0})};
  const Json metrics = outcome.metrics();
  EXPECT_DOUBLE_EQ(metrics["image_retrieval_invariance"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(metrics["text_retrieval_invariance"].get<double>(), 0.25);
  EXPECT_DOUBLE_EQ(metrics["invariance"].get<double>(), 0.375);
  EXPECT_DOUBLE_EQ(metrics["image_retrieval_recall@1"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(metrics["image_retrieval_recall@1_reworded"].get<double>(), 0.3);
  EXPECT_DOUBLE_EQ(metrics["accuracy"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(metrics["accuracy_reworded"].get<double>(), (0.3 + 0.25) / 2);
  EXPECT_DOUBLE_EQ(metrics["accuracy_difference"].get<double>(), (0.3 + 0.25) / 2 - 0.5);
  EXPECT_DOUBLE_EQ(metrics["accuracy_both"].get<double>(), 0.15);
  ASSERT_EQ(outcome.tables()["rewordings"].size(), 2U);
  EXPECT_EQ(outcome.tables()["rewordings"][1]["image_retrieval_queries"], 6);
}

TEST(Outcome, ADroppedObjectStaysTrueAndOutOfTheHeadline) {
  InvarianceOutcome outcome{.spread = healthy()};
  outcome.damages[Damage::kSwapColour] = {.preferences = {.pairs = 4, .prefer_original = 3},
                                          .queries = 4,
                                          .right = 2,
                                          .right_damaged = 1};
  outcome.damages[Damage::kNegate] = {.preferences = {.pairs = 6, .prefer_original = 2},
                                      .queries = 6,
                                      .right = 3,
                                      .right_damaged = 3};
  outcome.damages[Damage::kDropObject] = {
      .preferences = {.pairs = 90, .prefer_original = 0}, .queries = 90, .right = 90};
  const Json metrics = outcome.metrics();
  EXPECT_DOUBLE_EQ(metrics["sensitivity"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(metrics["sensitivity_swap-colour"].get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(metrics["sensitivity_drop-object"].get<double>(), 0);
  EXPECT_DOUBLE_EQ(metrics["accuracy_damaged"].get<double>(), 0.4);
  EXPECT_DOUBLE_EQ(metrics["accuracy_damaged_difference"].get<double>(), -0.1);
  EXPECT_TRUE(metrics["sensitivity_reworded"].is_null());
  EXPECT_EQ(outcome.tables()["damages"].size(), 3U);
}

// All that is promised exists as a number or as null, never as NaN.
TEST(Outcome, OfNothingEverythingIsNull) {
  InvarianceOutcome outcome;
  const Json metrics = outcome.metrics();
  for (const char* name :
       {"invariance", "kappa", "accuracy", "accuracy_reworded", "accuracy_difference",
        "accuracy_both", "sensitivity", "sensitivity_reworded", "text_sensitivity",
        "accuracy_damaged", "accuracy_damaged_difference"}) {
    ASSERT_TRUE(metrics.contains(name)) << name;
    EXPECT_TRUE(metrics[name].is_null()) << name;
  }
  EXPECT_EQ(metrics.dump().find("nan"), std::string::npos);
}

TEST(Outcome, OfACollapsedModelNothingIsInvariant) {
  InvarianceOutcome outcome{.spread = {.over_texts = 1e-7, .over_pictures = 0.2}};
  const Agreement same{.queries = 5, .same = 5, .right = 1, .right_reworded = 1, .right_both = 1};
  outcome.rewordings = {rewording("a", same, same)};
  outcome.classes = {{.name = "dog", .agreement = same}};
  const Json metrics = outcome.metrics(), tables = outcome.tables();
  EXPECT_EQ(metrics["collapsed"], true);
  for (const char* name : {"invariance", "kappa", "image_retrieval_invariance",
                           "image_retrieval_kappa", "text_retrieval_invariance"})
    EXPECT_TRUE(metrics[name].is_null()) << name;
  EXPECT_TRUE(tables["rewordings"][0]["image_retrieval_invariance"].is_null());
  EXPECT_TRUE(tables["classes"][0]["invariance"].is_null());
  EXPECT_DOUBLE_EQ(metrics["accuracy_both"].get<double>(), 0.2);
}

}  // namespace
}  // namespace clipwright::eval::invariance
