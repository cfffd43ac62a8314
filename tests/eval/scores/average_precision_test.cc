#include "eval/scores/average_precision.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"
#include "eval/scores/paired_bootstrap.h"
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

// By hand: of four pictures in the order of their scores the first and the third have the class, so
// that AP = (1 + 2/3) / 2 = 5/6. A weight of w for picture k, 1 for the others:
//   first:  AP = (w * w/w + (w + 1)/(w + 2)) / (w + 1), derivative at 1: (1 + 1/9)/2 - (5/3)/4 =
//   5/36 second: AP = (1 + 2/(w + 2)) / 2,                   derivative at 1: -1/9 third:  AP = (1
//   + w (w + 1)/(w + 2)) / (w + 1),     derivative at 1: (7/9)/2 - (5/3)/4 = -1/36 fourth: changes
//   nothing.
// A value is AP + 4 times the derivative.
TEST(AveragePrecision, APicturesValueIsWhatItsWeightWouldChange) {
  const Tensor scores = torch::tensor({{0.9F}, {0.8F}, {0.7F}, {0.1F}}),
               labels = torch::tensor({{1}, {0}, {1}, {0}});
  const Tensor values = precision_by_picture(scores, labels);
  const double expected[] = {5.0 / 6 + 5.0 / 9, 5.0 / 6 - 4.0 / 9, 5.0 / 6 - 1.0 / 9, 5.0 / 6};
  for (int64_t i = 0; i < 4; ++i) EXPECT_NEAR(values[i][0].item<double>(), expected[i], 1e-12) << i;
}

TEST(AveragePrecision, TheMeanOverPicturesIsTheMetric) {
  const Json golden = golden_scores("average_precision");
  const Tensor scores = matrix(golden["scores"]), labels = matrix(golden["labels"]);
  const AveragePrecision whole = average_precision(scores, labels);
  const Tensor means = precision_by_picture(scores, labels).mean(0);
  for (size_t c = 0; c < whole.of_class.size(); ++c)
    EXPECT_NEAR(means[static_cast<int64_t>(c)].item<double>(), whole.of_class[c], 1e-12) << c;
  // A class without pictures, one with all of them, one picture alone.
  const Tensor edge = precision_by_picture(torch::tensor({{0.9F, 0.1F}, {0.2F, 0.8F}}),
                                           torch::tensor({{0, 1}, {0, 1}}));
  EXPECT_TRUE(at::equal(edge, torch::tensor({{0.0, 1.0}, {0.0, 1.0}}, torch::kFloat64))) << edge;
  EXPECT_EQ(precision_by_picture(torch::ones({1, 1}), torch::ones({1, 1})).item<double>(), 1);
}

// What the values are for: the interval of the difference of two models, against drawing pictures
// with all their scores and labels and computing mean average precision anew.
TEST(AveragePrecision, PairedIntervalsAreThoseOfDrawingPictures) {
  const int64_t pictures = 400, classes = 5;
  Random random(7, "test", 0, 0);
  Tensor labels = torch::zeros({pictures, classes});
  Tensor scores[2] = {torch::zeros({pictures, classes}), torch::zeros({pictures, classes})};
  for (int64_t i = 0; i < pictures; ++i) {
    const double luck = random.normal();  // pictures are easy or hard for both models
    for (int64_t c = 0; c < classes; ++c) {
      const bool has = random.uniform() < 0.2;
      labels[i][c] = has ? 1.0F : 0.0F;
      for (int m = 0; m < 2; ++m)
        scores[m][i][c] = (has ? 1.2 - 0.3 * m : 0.0) + 0.5 * luck + random.normal();
    }
  }
  const auto by_picture = [&](const Tensor& of) {
    const Tensor means = precision_by_picture(of, labels).mean(1).to(torch::kFloat32);
    return std::vector<float>(means.data_ptr<float>(), means.data_ptr<float>() + pictures);
  };
  const PairedDifference found =
      paired_bootstrap(by_picture(scores[0]), by_picture(scores[1]), {}, {.draws = 4000});
  EXPECT_NEAR(found.difference,
              average_precision(scores[0], labels).mean - average_precision(scores[1], labels).mean,
              1e-6);
  std::vector<double> drawn;
  Tensor places = torch::empty({pictures}, torch::kInt64);
  for (uint64_t draw = 0; draw < 1000; ++draw) {
    Random of_draw(8, "test", 1, draw);
    for (int64_t i = 0; i < pictures; ++i)
      places.data_ptr<int64_t>()[i] =
          static_cast<int64_t>(of_draw.below(static_cast<uint64_t>(pictures)));
    const auto value = [&](const Tensor& of) {
      return average_precision(of.index_select(0, places), labels.index_select(0, places)).mean;
    };
    drawn.push_back(value(scores[0]) - value(scores[1]));
  }
  std::sort(drawn.begin(), drawn.end());
  const double low = drawn[25], high = drawn[974];
  EXPECT_NEAR(found.high - found.low, high - low, 0.15 * (high - low));
  EXPECT_NEAR(found.low, low, 0.15 * (high - low));
  EXPECT_NEAR(found.high, high, 0.15 * (high - low));
}

// A softmax over the classes would change the order of the pictures within a class.
TEST(AveragePrecision, LooksAtOneClassAtATime) {
  const Tensor scores = torch::tensor({{3.0F, 9.0F}, {2.0F, 0.0F}, {1.0F, 0.0F}}),
               labels = torch::tensor({{1, 0}, {0, 0}, {1, 0}});
  EXPECT_NEAR(average_precision(scores, labels).of_class[0], (1.0 + 2.0 / 3) / 2, 1e-12);
}

}  // namespace
}  // namespace clipwright::eval::scores
