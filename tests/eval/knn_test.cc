#include "eval/knn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/log.h"
#include "tests/eval/probe/npy_files.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

/// Rows on the unit circle by their angles in degrees, of any length.
Tensor at_angles(const std::vector<double>& degrees, double length = 1) {
  std::vector<float> values;
  for (const double angle : degrees) {
    values.push_back(static_cast<float>(length * std::cos(angle * M_PI / 180)));
    values.push_back(static_cast<float>(length * std::sin(angle * M_PI / 180)));
  }
  return torch::tensor(values).view({-1, 2});
}

class Knn : public testing::Test {
 protected:
  EvaluationRecord run(const std::vector<double>& train, const std::vector<int64_t>& train_labels,
                       const std::vector<double>& test, const std::vector<int64_t>& test_labels,
                       int64_t neighbours, double temperature = 0.07) {
    KnnRequest request;
    // Lengths do not count.
    request.splits.train = {save_npy(folder_ / "x.npy", at_angles(train, 3)),
                            save_npy(folder_ / "y.npy", torch::tensor(train_labels, torch::kInt64)),
                            {}};
    request.splits.test = {
        save_npy(folder_ / "test_x.npy", at_angles(test)),
        save_npy(folder_ / "test_y.npy", torch::tensor(test_labels, torch::kInt64)),
        {}};
    request.options = {.neighbours = neighbours, .temperature = temperature};
    return run_knn(request);
  }
  static std::vector<float> outcomes(const EvaluationRecord& record) {
    return record.samples.values;
  }
  TemporaryFolder folder_;
};

// Three rows of class 0 around 0 degrees, two of class 1 around 90, one of class 2 at 180.
TEST_F(Knn, FilesOfFeaturesGiveWhatIsCountedByHand) {
  const EvaluationRecord record =
      run({0, 5, 355, 85, 95, 180}, {0, 0, 0, 1, 1, 2}, {2, 350, 90, 178, 100}, {0, 0, 1, 2, 2}, 3);
  // Right: 2 and 350 (class 0), 90 (class 1); 178 by its one neighbour, which is far nearer than
  // those of class 1; 100 is among class 1.
  EXPECT_EQ(outcomes(record), (std::vector<float>{1, 1, 1, 1, 0}));
  EXPECT_DOUBLE_EQ(record.metrics["acc1"].get<double>(), 0.8);
  EXPECT_TRUE(record.metrics["acc5"].is_null());
  EXPECT_DOUBLE_EQ(record.metrics["mean_per_class_recall"].get<double>(), (1 + 1 + 0.5) / 3);
  EXPECT_EQ(record.task, "knn");
  EXPECT_EQ(record.metrics["features"], "files");
  EXPECT_EQ(record.metrics["neighbours"], 3);
  EXPECT_EQ(record.dataset, folder_ / "test_x.npy");
  EXPECT_EQ(record.samples.keys.front(), "row 0");
}

// The nearest two of 10 degrees: class 0 at 0, then class 1 at 30. Weights decide, not counts.
TEST_F(Knn, NearerNeighboursWeighMore) {
  const std::vector<double> train = {0, 30, 35};
  EXPECT_EQ(outcomes(run(train, {0, 1, 1}, {10}, {0}, 3)), std::vector<float>{1});
  // At a high temperature all weigh the same.
  EXPECT_EQ(outcomes(run(train, {0, 1, 1}, {10}, {0}, 3, 100)), std::vector<float>{0});
  // A low one neither overflows nor loses its nearest.
  EXPECT_EQ(outcomes(run({40, 10, 11}, {0, 1, 1}, {10}, {1}, 3, 0.001)), std::vector<float>{1});
}

TEST_F(Knn, OnlyClassesWithAVoteAreAmongTheFirstFive) {
  // Six classes; three neighbours of 0 degrees are of classes 5, 4 and 3.
  const EvaluationRecord record = run({0, 10, 20, 120, 140, 160}, {5, 4, 3, 2, 1, 0},
                                      {0, 0, 0, 0, 0, 0}, {5, 4, 3, 2, 1, 0}, 3);
  EXPECT_EQ(outcomes(record), (std::vector<float>{1, 0, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(record.metrics["acc5"].get<double>(), 3.0 / 6);
  // With all neighbours the five nearest classes are.
  EXPECT_DOUBLE_EQ(
      run({0, 10, 20, 120, 140, 160}, {5, 4, 3, 2, 1, 0}, {0, 0, 0, 0, 0, 0}, {5, 4, 3, 2, 1, 0}, 6)
          .metrics["acc5"]
          .get<double>(),
      5.0 / 6);
}

TEST_F(Knn, AClassThatTrainingLacksIsWrongAndCounted) {
  auto log = std::make_optional<LogFile>(folder_ / "log.txt");
  // Class 1 has no training row though its number is low, class 6 is beyond all of them.
  const EvaluationRecord record =
      run({0, 90, 180, 270}, {0, 2, 3, 4}, {1, 1, 91, 1}, {0, 1, 2, 6}, 1);
  log.reset();
  const std::string said = read_file(folder_ / "log.txt");
  EXPECT_NE(said.find("2 of 4 test rows are of 2 classes without a training row (the first is "
                      "class 1); they count as wrong"),
            std::string::npos)
      << said;
  EXPECT_DOUBLE_EQ(record.metrics["acc1"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(record.metrics["acc5"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(record.metrics["mean_per_class_recall"].get<double>(), 0.5);
}

// Labels are names, not sizes: a table of scores with a column up to the largest would not fit.
TEST_F(Knn, LargeLabelsCostNoMoreThanSmallOnes) {
  std::vector<double> angles;
  std::vector<int64_t> small, large;
  for (int i = 0; i < 300; ++i) {
    angles.push_back(i * 1.2);
    small.push_back(i / 50);
    large.push_back(16000000 + 100 * (i / 50));
  }
  const EvaluationRecord found = run(angles, large, angles, large, 5),
                         expected = run(angles, small, angles, small, 5);
  EXPECT_EQ(found.metrics, expected.metrics);
  EXPECT_EQ(outcomes(found), outcomes(expected));
  EXPECT_EQ(found.samples.classes.back(), 16000500);
}

TEST_F(Knn, FewerRowsThanNeighboursAllCount) {
  const EvaluationRecord record = run({0, 90}, {0, 1}, {10, 80}, {0, 1}, 20);
  EXPECT_EQ(outcomes(record), (std::vector<float>{1, 1}));
  EXPECT_EQ(record.metrics["neighbours"], 20);
}

TEST_F(Knn, OfTiesTheLowerIndexWins) {
  // Equally near rows: the first votes.
  EXPECT_EQ(outcomes(run({0, 0}, {1, 0}, {0, 0}, {1, 0}, 1)), (std::vector<float>{1, 0}));
  // Equal weights: the lower class wins.
  EXPECT_EQ(outcomes(run({0, 0}, {1, 0}, {0, 0}, {1, 0}, 2)), (std::vector<float>{0, 1}));
}

TEST_F(Knn, RefusesSettingsThatAreNotPositive) {
  EXPECT_THROW(run({0}, {0}, {0}, {0}, 0), Error);
  EXPECT_THROW(run({0}, {0}, {0}, {0}, 1, 0), Error);
  EXPECT_THROW(run({0}, {0}, {0}, {0}, 1, std::nan("")), Error);
}

}  // namespace
}  // namespace clipwright::eval
