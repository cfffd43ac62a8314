#include "eval/scores/nearest_neighbours.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/eval/scores/golden_scores.h"

namespace clipwright::eval::scores {
namespace {

TEST(NearestNeighbours, EqualScikitLearnWithWeights) {
  const Json golden = golden_scores("neighbours");
  const Tensor train = matrix(golden["train"]), queries = matrix(golden["queries"]);
  for (const Json& one : golden["cases"]) {
    const Tensor scores = neighbour_scores(
        train, golden["labels"].get<std::vector<int64_t>>(), queries, 4,
        {.neighbours = one["k"].get<int64_t>(), .temperature = one["temperature"].get<double>()});
    const Tensor shares = scores / scores.sum(1, true);
    EXPECT_LT((shares - matrix(one["shares"])).abs().max().item<float>(), 1e-4) << one["k"];
    const Tensor best = scores.argmax(1);
    for (int64_t i = 0; i < queries.size(0); ++i)
      EXPECT_EQ(best[i].item<int64_t>(), one["predicted"][static_cast<size_t>(i)]);
  }
}

TEST(NearestNeighbours, OfEquallyNearRowsTheLowerCounts) {
  const Tensor train = torch::tensor({{1.0F, 0.0F}, {1.0F, 0.0F}, {0.0F, 1.0F}});
  const Tensor scores =
      neighbour_scores(train, {1, 0, 0}, torch::tensor({{1.0F, 0.0F}}), 2, {.neighbours = 1});
  EXPECT_EQ(scores.argmax(1).item<int64_t>(), 1);
}

// exp(1 / 0.01) is more than a float holds, exp(-2 / 0.001) less than a double.
TEST(NearestNeighbours, LowTemperaturesNeitherOverflowNorLoseAVote) {
  const Tensor train = torch::tensor({{0.6F, 0.8F}, {1.0F, 0.0F}, {-1.0F, 0.0F}});
  for (const double temperature : {0.01, 0.001, 1e-6}) {
    const Tensor scores = neighbour_scores(train, {0, 1, 2}, torch::tensor({{1.0F, 0.0F}}), 4,
                                           {.neighbours = 3, .temperature = temperature});
    EXPECT_TRUE(scores.isfinite().all().item<bool>());
    EXPECT_EQ(scores.argmax(1).item<int64_t>(), 1);
    EXPECT_GT(scores[0][2].item<float>(), 0);
    EXPECT_EQ(scores[0][3].item<float>(), 0);
  }
}

TEST(NearestNeighbours, TakeAllRowsWhereThereAreFewer) {
  const Tensor train = torch::eye(2);
  const Tensor scores = neighbour_scores(train, {0, 1}, torch::eye(2), 3, {.neighbours = 20});
  EXPECT_TRUE(scores.argmax(1).equal(torch::tensor({0, 1})));
  EXPECT_EQ(scores[0][2].item<float>(), 0);
  EXPECT_THROW(neighbour_scores(train, {0, 1}, train, 2, {.neighbours = 0}), Error);
  EXPECT_THROW(neighbour_scores(train, {0, 1}, train, 2, {.temperature = 0}), Error);
}

}  // namespace
}  // namespace clipwright::eval::scores
