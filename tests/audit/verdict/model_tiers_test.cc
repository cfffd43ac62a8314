#include "audit/verdict/model_tiers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/error.h"

namespace clipwright::audit::verdict {
namespace {

const std::filesystem::path kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;

std::vector<AuditedPair> pairs_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<AuditedPair> pairs;
  for (const auto& [source, text] : texts)
    pairs.push_back({.pair = {.key = "k", .mode = "m", .source = source, .text = text},
                     .record = {},
                     .scores = {}});
  return pairs;
}

TEST(EmbeddingSimilarity, RanksParaphrasesAboveOtherCaptions) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const auto tier = embedding_similarity(kModel, 1);
  auto pairs = pairs_of({{"a brown dog runs on the beach", "a brown dog runs on the beach"},
                         {"a brown dog runs on the beach", "a dog is running along the beach"},
                         {"a brown dog runs on the beach", "stock market report for investors"},
                         {"", "a dog"}});
  tier->score(pairs);
  EXPECT_NEAR(pairs[0].scores.similarity, 1, 1e-5);
  EXPECT_GT(pairs[1].scores.similarity, pairs[2].scores.similarity);
  EXPECT_LT(pairs[2].scores.similarity, 1);
  EXPECT_TRUE(std::isnan(pairs[3].scores.similarity)) << "an empty text has no embedding";
}

TEST(EmbeddingSimilarity, TakesHostileTexts) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const auto tier = embedding_similarity(kModel, 1);
  auto pairs = pairs_of({{std::string(20000, 'a'), "\xFF\xFE"}, {std::string("a\0b", 3), "\n"}});
  tier->score(pairs);
  EXPECT_FALSE(pairs[0].scores.similarity > 1.001);
}

TEST(Entailment, GivesAProbabilityInEachDirection) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const auto tier = entailment(kModel, 1);
  auto pairs = pairs_of({{"two red cups on a table", "two red cups are on a table"},
                         {"two red cups on a table", "an elephant in the jungle"},
                         {std::string(20000, 'a') + " cat", "\xFF\xFE"}});
  tier->score(pairs);
  for (const AuditedPair& audited : pairs) {
    for (const double value : {audited.scores.entails_forward, audited.scores.entails_backward}) {
      if (std::isnan(value)) continue;
      EXPECT_GT(value, 0);
      EXPECT_LT(value, 1);
    }
  }
  EXPECT_GT(pairs[0].scores.entails_forward, pairs[1].scores.entails_forward);
  EXPECT_GT(pairs[0].scores.entails_backward, pairs[1].scores.entails_backward);
}

TEST(Entailment, HardlyDependsOnCompany) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const auto tier = entailment(kModel, 1);
  auto alone = pairs_of({{"a boat", "a small boat on a lake"}});
  tier->score(alone);
  auto many = pairs_of({{"a cat and a dog in the garden", "a cat"},
                        {"a boat", "a small boat on a lake"},
                        {"three birds", "birds"}});
  tier->score(many);
  EXPECT_NEAR(many[1].scores.entails_forward, alone[0].scores.entails_forward, 0.05);
  EXPECT_NEAR(many[1].scores.entails_backward, alone[0].scores.entails_backward, 0.05);
  auto again = pairs_of({{"a boat", "a small boat on a lake"}});
  tier->score(again);
  EXPECT_EQ(again[0].scores.entails_forward, alone[0].scores.entails_forward)
      << "nothing is left of the questions before";
}

TEST(ModelTiers, LimitsBecomeFlags) {
  auto pairs = pairs_of({{"a", "b"}, {"a", "b"}});
  pairs[0].scores.similarity = 0.3;
  pairs[0].scores.entails_forward = 0.9;
  pairs[0].scores.entails_backward = 0.2;
  pairs[0].scores.image_source = 0.3;
  pairs[0].scores.image_rewrite = 0.1;
  const ScoreLimits limits = {.similarity = 0.5, .entailment = 0.5, .image_difference = -0.1};
  for (AuditedPair& audited : pairs) apply_limits(limits, audited);
  EXPECT_EQ(pairs[0].record.flags,
            (std::vector<std::string>{"dissimilar", "not-entailed", "picture-mismatch"}));
  EXPECT_DOUBLE_EQ(pairs[0].record.score, 0.125);
  EXPECT_TRUE(pairs[1].record.flags.empty()) << "no value, no flag";
  apply_limits({}, pairs[1]);
  EXPECT_DOUBLE_EQ(pairs[1].record.score, 1);
}

TEST(ModelTiers, RefuseFilesThatAreNoModels) {
  EXPECT_THROW(embedding_similarity("/nonexistent.gguf", 1), Error);
  EXPECT_THROW(entailment(CLIPWRIGHT_PROGRAM, 1), Error);
}

}  // namespace
}  // namespace clipwright::audit::verdict
