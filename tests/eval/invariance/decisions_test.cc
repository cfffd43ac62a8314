#include "eval/invariance/decisions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/features.h"

namespace clipwright::eval::invariance {
namespace {

// Items are the axes, so a query's similarities are its own numbers.
Tensor axes(int64_t count) { return torch::eye(count); }

TEST(Decide, TheMostSimilarGroupWinsIfItIsAlone) {
  const Tensor queries =
      torch::tensor({{0.1F, 0.9F, 0.2F}, {0.5F, 0.5F, 0.4F}, {0.5F, 0.1F, 0.5F}});
  EXPECT_EQ(decide(queries, axes(3), {0, 1, 2}), (std::vector<int64_t>{1, kUndecided, kUndecided}));
  // The first two items are captions of one picture: between them there is nothing to decide.
  EXPECT_EQ(decide(queries, axes(3), {7, 7, 4}), (std::vector<int64_t>{7, 7, kUndecided}));
}

TEST(Decide, ATieThatIsBeatenLaterIsNone) {
  EXPECT_EQ(decide(torch::tensor({{0.5F, 0.5F, 0.6F}}), axes(3), {0, 1, 2}),
            std::vector<int64_t>{2});
}

TEST(Decide, DoesNotDependOnChunks) {
  torch::manual_seed(3);
  const Tensor queries = unit_rows(torch::randn({2500, 6})),
               items = unit_rows(torch::randn({40, 6}));
  std::vector<int64_t> group(40);
  for (size_t i = 0; i < 40; ++i) group[i] = static_cast<int64_t>(i);
  const std::vector<int64_t> all = decide(queries, items, group);
  const Tensor best = queries.mm(items.t()).argmax(1);
  for (int64_t q = 0; q < 2500; ++q) {
    EXPECT_EQ(all[static_cast<size_t>(q)], best[q].item<int64_t>());
    EXPECT_EQ(decide(queries.narrow(0, q, 1), items, group)[0], all[static_cast<size_t>(q)]);
  }
}

// Answers before 0 0 1 1 2 -, after 0 1 1 1 0 -, right are 0 1 1 2 2 2. The same are the first,
// third and fourth: 3 of 6. Before, 0 0 1 1 2 are right at the first, third and fifth; after at the
// first, second and third; at both the first and third. Dealt out at random: (2 x 2 + 2 x 3 + 1 x
// 0) / 6.
TEST(Compare, ByHand) {
  const Agreement found =
      compare({0, 0, 1, 1, 2, kUndecided}, {0, 1, 1, 1, 0, kUndecided}, {0, 1, 1, 2, 2, 2});
  EXPECT_EQ(found.queries, 6);
  EXPECT_EQ(found.undecided, 1);
  EXPECT_EQ(found.same, 3);
  EXPECT_EQ(found.right, 3);
  EXPECT_EQ(found.right_reworded, 3);
  EXPECT_EQ(found.right_both, 2);
  EXPECT_DOUBLE_EQ(*found.invariance(), 0.5);
  EXPECT_DOUBLE_EQ(*found.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(*found.accuracy_reworded(), 0.5);
  EXPECT_DOUBLE_EQ(*found.accuracy_both(), 2 / 6.0);
  EXPECT_DOUBLE_EQ(found.expected, 10 / 6.0);
  EXPECT_DOUBLE_EQ(*found.kappa(), (3 - 10 / 6.0) / (6 - 10 / 6.0));
}

TEST(Compare, UndecidedTwiceIsNotTheSame) {
  const Agreement found = compare({kUndecided, kUndecided}, {kUndecided, 1}, {0, 1});
  EXPECT_EQ(found.same, 0);
  EXPECT_EQ(found.undecided, 2);
  EXPECT_EQ(found.right_reworded, 1);
}

// A model that gives one answer whatever is asked keeps all its answers. Kappa sees through it.
TEST(Compare, OneAnswerToEverythingHasNoKappa) {
  const Agreement same = compare({1, 1, 1}, {1, 1, 1}, {0, 1, 2});
  EXPECT_DOUBLE_EQ(*same.invariance(), 1);
  EXPECT_FALSE(same.kappa());
  EXPECT_NEAR(*same.accuracy_both(), 1 / 3.0, 1e-12);
  const Agreement almost = compare({1, 1, 1, 0}, {1, 1, 0, 1}, {0, 1, 2, 3});
  EXPECT_LT(*almost.kappa(), 0);
}

TEST(Compare, OfNothingNothingIsKnown) {
  const Agreement none = compare({}, {}, {});
  EXPECT_FALSE(none.invariance());
  EXPECT_FALSE(none.kappa());
  EXPECT_FALSE(none.accuracy());
}

TEST(Compare, SumsAreCountsOverBoth) {
  Agreement sum = compare({0, 1}, {0, 0}, {0, 1});
  sum += compare({1, 1}, {1, 1}, {1, 0});
  EXPECT_EQ(sum.queries, 4);
  EXPECT_EQ(sum.same, 3);
  EXPECT_EQ(sum.right, 3);
  EXPECT_EQ(sum.right_both, 2);
  EXPECT_DOUBLE_EQ(sum.expected, 1 + 2);
}

// Two pictures with three texts: similarities (1, 0, 0.5) and (0, 1, 0.5).
TEST(SpreadOf, ByHand) {
  const float half = std::sqrt(0.5F);
  const Tensor pictures = torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}}),
               texts = torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}, {half, half}});
  const Spread spread = spread_of(pictures, texts);
  const double h = std::sqrt(0.5), mean = (1 + h) / 3;
  const double over_texts =
      std::sqrt(((1 - mean) * (1 - mean) + mean * mean + (h - mean) * (h - mean)) / 3);
  EXPECT_NEAR(*spread.over_texts, over_texts, 1e-7);
  EXPECT_NEAR(*spread.over_pictures, (0.5 + 0.5 + 0) / 3, 1e-7);
  EXPECT_FALSE(spread.collapsed());
}

TEST(SpreadOf, TellsThatTextsOrPicturesAreAllAlike) {
  torch::manual_seed(1);
  const Tensor many = unit_rows(torch::randn({1500, 8})),
               alike = unit_rows(torch::ones({1500, 8}) + 1e-6 * torch::randn({1500, 8}));
  EXPECT_FALSE(spread_of(many, many).collapsed());
  EXPECT_TRUE(spread_of(many, alike).collapsed());
  EXPECT_LT(*spread_of(many, alike).over_texts, 1e-5);
  EXPECT_TRUE(spread_of(alike, many).collapsed());
  EXPECT_TRUE(spread_of(alike, alike).collapsed());
}

TEST(SpreadOf, OfOneThereIsNone) {
  const Tensor many = torch::eye(3), one = many.narrow(0, 0, 1);
  EXPECT_FALSE(spread_of(one, many).over_pictures);
  EXPECT_FALSE(spread_of(one, many).collapsed());
  EXPECT_FALSE(spread_of(many, one).over_texts);
  EXPECT_FALSE(spread_of(many.narrow(0, 0, 0), many).collapsed());
}

}  // namespace
}  // namespace clipwright::eval::invariance
