#include "eval/scores/balanced_accuracy.h"

#include <gtest/gtest.h>

#include "tests/eval/scores/golden_scores.h"

namespace clipwright::eval::scores {
namespace {

TEST(BalancedAccuracy, EqualsScikitLearn) {
  const Json golden = golden_scores("balanced_accuracy");
  EXPECT_NEAR(*balanced_accuracy(golden["labels"].get<std::vector<int>>(),
                                 golden["predicted"].get<std::vector<int>>()),
              golden["value"].get<double>(), 1e-12);
}

TEST(BalancedAccuracy, LeavesOutClassesWithoutPictures) {
  EXPECT_DOUBLE_EQ(*balanced_accuracy(std::vector<int>{0, 0, 7}, std::vector<int>{0, 3, 7}), 0.75);
  EXPECT_FALSE(balanced_accuracy({}, {}).has_value());
}

}  // namespace
}  // namespace clipwright::eval::scores
