#include "demo/story/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace clipwright::demo::story {
namespace {

ModelScores scores_of(const std::vector<double>& hits) {
  return {.metrics = {{.id = "zeroshot", .title = "zero-shot", .chance = 0.25, .hits = hits}}};
}

/// Right answers with a probability, by seed.
std::vector<double> draw(double probability, size_t pictures, uint64_t seed) {
  std::vector<double> hits;
  for (size_t i = 0; i < pictures; ++i)
    hits.push_back(Random(seed, "comparison test", 0, i).uniform() < probability);
  return hits;
}

TEST(Comparison, MeansAndDeviationsAreInPerCentOverSeeds) {
  const Comparison comparison = compare_arms({"CLIP", "LaCLIP"},
                                             {{scores_of({1, 0, 0, 0}), scores_of({1, 1, 0, 0})},
                                              {scores_of({1, 1, 1, 0}), scores_of({1, 1, 1, 1})}},
                                             1);
  ASSERT_EQ(comparison.metrics.size(), 1U);
  const ComparedMetric& metric = comparison.metrics[0];
  EXPECT_DOUBLE_EQ(metric.mean[0], 37.5);
  EXPECT_DOUBLE_EQ(metric.mean[1], 87.5);
  EXPECT_NEAR(metric.deviation[0], 25 / std::sqrt(2), 1e-9);
  EXPECT_DOUBLE_EQ(metric.difference[0].mean, 50);
  EXPECT_DOUBLE_EQ(metric.chance, 25);
  EXPECT_EQ(metric.pictures, 4);
}

TEST(Comparison, IntervalOfAPairedDifferenceIsThatOfTheNormalApproximation) {
  const size_t pictures = 2'000;
  const std::vector<double> theirs = draw(0.4, pictures, 1), ours = draw(0.5, pictures, 2);
  const Interval interval =
      compare_arms({"CLIP", "LaCLIP"}, {{scores_of(theirs)}, {scores_of(ours)}}, 1)
          .metrics[0]
          .difference[0];
  double mean = 0, squares = 0;
  for (size_t i = 0; i < pictures; ++i) {
    mean += (ours[i] - theirs[i]) / pictures;
    squares += (ours[i] - theirs[i]) * (ours[i] - theirs[i]) / pictures;
  }
  const double error = 196 * std::sqrt((squares - mean * mean) / pictures);
  EXPECT_NEAR(interval.mean, 100 * mean, 1e-9);
  EXPECT_NEAR(interval.low, 100 * mean - error, 0.2);
  EXPECT_NEAR(interval.high, 100 * mean + error, 0.2);
}

TEST(Comparison, PairingTakesTheDifficultyOfPicturesOut) {
  // The same pictures are hard for both; each of a hundred is answered a bit better.
  std::vector<double> theirs, ours;
  for (int i = 0; i < 100; ++i) {
    theirs.push_back(i % 2 == 0 ? 0 : 0.5);
    ours.push_back(theirs.back() + 0.25);
  }
  const Interval interval =
      compare_arms({"CLIP", "LaCLIP"}, {{scores_of(theirs)}, {scores_of(ours)}}, 1)
          .metrics[0]
          .difference[0];
  EXPECT_NEAR(interval.low, 25, 1e-9);
  EXPECT_NEAR(interval.high, 25, 1e-9);
}

TEST(Comparison, SeedsThatDisagreeWidenTheInterval) {
  const std::vector<double> low(500, 0), high(500, 1);
  const Interval one = compare_arms({"CLIP", "LaCLIP"}, {{scores_of(low)}, {scores_of(high)}}, 1)
                           .metrics[0]
                           .difference[0];
  EXPECT_TRUE(one.better());
  const Interval three = compare_arms({"CLIP", "LaCLIP"},
                                      {{scores_of(low), scores_of(low), scores_of(low)},
                                       {scores_of(high), scores_of(high), scores_of(low)}},
                                      1)
                             .metrics[0]
                             .difference[0];
  EXPECT_FALSE(three.better());
  EXPECT_FALSE(three.worse());
}

TEST(Comparison, TheSameSeedGivesTheSameInterval) {
  const std::vector<std::vector<ModelScores>> scores = {{scores_of(draw(0.4, 300, 1))},
                                                        {scores_of(draw(0.5, 300, 2))}};
  EXPECT_EQ(to_json(compare_arms({"CLIP", "LaCLIP"}, scores, 5)),
            to_json(compare_arms({"CLIP", "LaCLIP"}, scores, 5)));
}

TEST(Comparison, SaysWhereRewritingLoses) {
  const std::vector<double> none(50, 0), all(50, 1);
  const Comparison lost =
      compare_arms({"CLIP", "LaCLIP"}, {{scores_of(all)}, {scores_of(none)}}, 1);
  const std::vector<std::string> sentences = verdicts(lost);
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0], "LaCLIP against CLIP: better nowhere.");
  EXPECT_EQ(sentences[1],
            "LaCLIP against CLIP: WORSE on zero-shot (\xE2\x88\x92"
            "100.0).");
  EXPECT_EQ(verdicts(compare_arms({"CLIP", "LaCLIP"}, {{scores_of(all)}, {scores_of(all)}}, 1))[1],
            "LaCLIP against CLIP: worse nowhere. Undecided on 1 (the interval holds zero).");
}

TEST(Comparison, TableHasARowAMetricAndColumnsInLine) {
  const std::string text =
      to_text(compare_arms({"CLIP", "LaCLIP"}, {{scores_of({1, 0})}, {scores_of({1, 1})}}, 1));
  EXPECT_NE(text.find("zero-shot"), std::string::npos);
  EXPECT_NE(text.find("50.0"), std::string::npos);
  EXPECT_NE(text.find("+50.0 [0.0, +100.0]"), std::string::npos);
}

}  // namespace
}  // namespace clipwright::demo::story
