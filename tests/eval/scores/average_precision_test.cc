#include "eval/scores/average_precision.h"

#include <gtest/gtest.h>

#include "tests/eval/scores/golden_scores.h"

namespace clipwright::eval::scores {
namespace {

TEST(AveragePrecision, EqualsClipBenchmarkAndScikitLearn) {
  const Json golden = golden_scores("average_precision");
  const AveragePrecision result =
      average_precision(matrix(golden["scores"]), matrix(golden["labels"]));
  ASSERT_EQ(result.of_class.size(), golden["all_points"].size());
  for (size_t c = 0; c < result.of_class.size(); ++c)
    EXPECT_NEAR(result.of_class[c], golden["all_points"][c].get<double>(), 1e-6) << c;
  EXPECT_NEAR(result.mean, golden["mean"].get<double>(), 1e-6);
}

TEST(AveragePrecision, ElevenPointsAreThoseOfPascalVoc2007) {
  const Json golden = golden_scores("average_precision");
  const AveragePrecision result = average_precision(
      matrix(golden["scores"]), matrix(golden["labels"]), PrecisionPoints::kEleven);
  for (size_t c = 0; c < result.of_class.size(); ++c)
    EXPECT_NEAR(result.of_class[c], golden["eleven_points"][c].get<double>(), 1e-9) << c;
}

TEST(AveragePrecision, AClassWithoutPicturesCountsAsZero) {
  const AveragePrecision result = average_precision(torch::tensor({{0.9F, 0.1F}, {0.2F, 0.8F}}),
                                                    torch::tensor({{1.0F, 0.0F}, {0.0F, 0.0F}}));
  EXPECT_EQ(result.of_class, (std::vector<double>{1, 0}));
  EXPECT_EQ(result.mean, 0.5);
}

TEST(AveragePrecision, OfEqualScoresTheLowerIndexComesFirst) {
  const Tensor scores = torch::zeros({4, 1});
  EXPECT_EQ(average_precision(scores, torch::tensor({{0}, {1}, {0}, {1}})).mean, 0.5);
  EXPECT_EQ(average_precision(scores, torch::tensor({{1}, {0}, {0}, {0}})).mean, 1);
}

// A softmax over the classes would change the order of the pictures within a class.
TEST(AveragePrecision, LooksAtOneClassAtATime) {
  const Tensor scores = torch::tensor({{3.0F, 9.0F}, {2.0F, 0.0F}, {1.0F, 0.0F}}),
               labels = torch::tensor({{1, 0}, {0, 0}, {1, 0}});
  EXPECT_NEAR(average_precision(scores, labels).of_class[0], (1.0 + 2.0 / 3) / 2, 1e-12);
}

}  // namespace
}  // namespace clipwright::eval::scores
