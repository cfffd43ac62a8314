#include "eval/selection/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace clipwright::eval::selection {
namespace {

using testing::HasSubstr;

struct Expected {
  bool image, text, both;
  bool operator==(const Expected&) const = default;
};
Expected outcome(const std::vector<float>& scores, size_t pictures, size_t captions, Ties ties) {
  const CaseOutcome judged = judge(scores, pictures, captions, ties);
  return {judged.image, judged.text, judged.both()};
}
int64_t ties_in(const std::vector<float>& scores, size_t pictures, size_t captions) {
  int64_t tied = 0;
  for (const Decision& decision : judge(scores, pictures, captions, Ties::kStrict).decisions)
    tied += decision.tied;
  return tied;
}

constexpr Ties kBoth[] = {Ties::kStrict, Ties::kLowestIndex};

TEST(SelectionDecision, WithoutATieBothRulesAgree) {
  for (const Ties ties : kBoth) {
    EXPECT_TRUE(decide(std::vector{0.3F, 0.2F, 0.1F}, 0, ties).right);
    EXPECT_TRUE(decide(std::vector{0.1F, 0.3F, 0.2F}, 1, ties).right);
    EXPECT_FALSE(decide(std::vector{0.3F, 0.2F, 0.1F}, 1, ties).right);
    EXPECT_FALSE(decide(std::vector{0.3F, 0.2F, 0.1F}, 2, ties).right);
    EXPECT_TRUE(decide(std::vector{0.3F}, 0, ties).right);
    EXPECT_FALSE(decide(std::vector{0.3F}, 0, ties).tied);
  }
  EXPECT_FLOAT_EQ(
      static_cast<float>(decide(std::vector{0.1F, 0.5F, 0.2F}, 1, Ties::kStrict).margin), 0.3F);
}

TEST(SelectionDecision, ATieIsWrongOrGoesToTheLowerIndex) {
  const std::vector<float> twins = {0.5F, 0.5F, 0.1F};
  EXPECT_FALSE(decide(twins, 0, Ties::kStrict).right);
  EXPECT_FALSE(decide(twins, 1, Ties::kStrict).right);
  EXPECT_TRUE(decide(twins, 0, Ties::kLowestIndex).right);
  EXPECT_FALSE(decide(twins, 1, Ties::kLowestIndex).right);
  EXPECT_TRUE(decide(twins, 0, Ties::kStrict).tied);
  EXPECT_TRUE(decide(twins, 1, Ties::kLowestIndex).tied);
  // A tie among the others is none of the right answer's.
  const std::vector<float> others = {0.9F, 0.5F, 0.5F};
  EXPECT_FALSE(decide(others, 0, Ties::kStrict).tied);
  EXPECT_TRUE(decide(others, 0, Ties::kStrict).right);
  EXPECT_FALSE(decide(others, 1, Ties::kStrict).tied);
  EXPECT_FALSE(decide(others, 1, Ties::kLowestIndex).right);
}

TEST(SelectionCaseOutcome, OnePictureAndTwoCaptionsIsSugarCrepe) {
  for (const Ties ties : kBoth) {
    EXPECT_EQ(outcome({0.3F, 0.2F}, 1, 2, ties), (Expected{true, true, true}));
    EXPECT_EQ(outcome({0.2F, 0.3F}, 1, 2, ties), (Expected{true, false, false}));
  }
  EXPECT_EQ(outcome({0.3F, 0.3F}, 1, 2, Ties::kStrict), (Expected{true, false, false}));
  EXPECT_EQ(outcome({0.3F, 0.3F}, 1, 2, Ties::kLowestIndex), (Expected{true, true, true}));
  EXPECT_EQ(ties_in({0.3F, 0.3F}, 1, 2), 1);
  EXPECT_EQ(ties_in({0.3F, 0.2F}, 1, 2), 0);
}

// Rows are pictures, columns captions.
TEST(SelectionCaseOutcome, TwoPicturesAndTwoCaptionsIsWinoground) {
  for (const Ties ties : kBoth) {
    EXPECT_EQ(outcome({0.9F, 0.1F, 0.2F, 0.8F}, 2, 2, ties), (Expected{true, true, true}));
    // Both captions like the second picture: text is right, image is not.
    EXPECT_EQ(outcome({0.3F, 0.2F, 0.5F, 0.6F}, 2, 2, ties), (Expected{false, true, false}));
    // Both pictures like the second caption: image is right, text is not.
    EXPECT_EQ(outcome({0.3F, 0.5F, 0.2F, 0.6F}, 2, 2, ties), (Expected{true, false, false}));
    EXPECT_EQ(outcome({0.1F, 0.9F, 0.8F, 0.2F}, 2, 2, ties), (Expected{false, false, false}));
  }
  // The first picture cannot choose: argmax takes its own caption, strictly it is wrong.
  EXPECT_EQ(outcome({0.5F, 0.5F, 0.2F, 0.6F}, 2, 2, Ties::kStrict), (Expected{true, false, false}));
  EXPECT_EQ(outcome({0.5F, 0.5F, 0.2F, 0.6F}, 2, 2, Ties::kLowestIndex),
            (Expected{true, true, true}));
  // The second picture cannot choose: argmax takes the first caption, which is not its own.
  EXPECT_EQ(outcome({0.7F, 0.2F, 0.5F, 0.5F}, 2, 2, Ties::kLowestIndex),
            (Expected{true, false, false}));
  // The first caption cannot choose.
  EXPECT_EQ(outcome({0.5F, 0.2F, 0.5F, 0.6F}, 2, 2, Ties::kStrict), (Expected{false, true, false}));
  EXPECT_EQ(outcome({0.5F, 0.2F, 0.5F, 0.6F}, 2, 2, Ties::kLowestIndex),
            (Expected{true, true, true}));
  // A model that gives everything the same score is right for no group by either rule.
  EXPECT_EQ(outcome({0.5F, 0.5F, 0.5F, 0.5F}, 2, 2, Ties::kStrict),
            (Expected{false, false, false}));
  EXPECT_EQ(outcome({0.5F, 0.5F, 0.5F, 0.5F}, 2, 2, Ties::kLowestIndex),
            (Expected{false, false, false}));
  EXPECT_EQ(ties_in({0.5F, 0.5F, 0.5F, 0.5F}, 2, 2), 4);
  EXPECT_EQ(ties_in({0.5F, 0.5F, 0.2F, 0.6F}, 2, 2), 1);
}

TEST(SelectionCaseOutcome, FiveOptionsWithTheTrueOneFirstIsArosOrder) {
  EXPECT_EQ(outcome({0.5F, 0.1F, 0.2F, 0.3F, 0.4F}, 1, 5, Ties::kStrict),
            (Expected{true, true, true}));
  EXPECT_EQ(outcome({0.4F, 0.1F, 0.2F, 0.3F, 0.5F}, 1, 5, Ties::kLowestIndex),
            (Expected{true, false, false}));
  // A collapsed model: all right by argmax, none strictly.
  const std::vector<float> equal(5, 0.5F);
  EXPECT_EQ(outcome(equal, 1, 5, Ties::kLowestIndex), (Expected{true, true, true}));
  EXPECT_EQ(outcome(equal, 1, 5, Ties::kStrict), (Expected{true, false, false}));
}

TEST(SelectionChance, IsWhatRandomScoresGet) {
  EXPECT_DOUBLE_EQ(chance_of(1, 2).text, 0.5);
  EXPECT_DOUBLE_EQ(chance_of(1, 2).image, 1);
  EXPECT_DOUBLE_EQ(chance_of(1, 5).both, 0.2);
  // All 24 orders of four scores.
  std::vector<float> scores = {1, 2, 3, 4};
  int image = 0, text = 0, both = 0, orders = 0;
  do {
    const CaseOutcome judged = judge(scores, 2, 2, Ties::kStrict);
    image += judged.image, text += judged.text, both += judged.both(), ++orders;
  } while (std::next_permutation(scores.begin(), scores.end()));
  EXPECT_DOUBLE_EQ(chance_of(2, 2).image, static_cast<double>(image) / orders);
  EXPECT_DOUBLE_EQ(chance_of(2, 2).text, static_cast<double>(text) / orders);
  EXPECT_DOUBLE_EQ(chance_of(2, 2).both, static_cast<double>(both) / orders);
}

CollapseGuard guard_of(int cases, const std::function<std::vector<float>(int)>& scores) {
  CollapseGuard guard;
  for (int i = 0; i < cases; ++i) {
    const std::vector<float> here = scores(i);
    guard.add(here, judge(here, 1, here.size(), Ties::kStrict));
  }
  return guard;
}

TEST(CollapseGuard, SaysWhenScoresMeanNothing) {
  const auto share = [](int tied) {
    return guard_of(100, [tied](int i) {
      const float own = 0.2F + 0.001F * static_cast<float>(i);
      return std::vector<float>{own, i < tied ? own : own - 0.01F};
    });
  };
  EXPECT_EQ(share(0).collapse(), "");
  EXPECT_EQ(share(10).collapse(), "");
  EXPECT_EQ(share(10).ties(), 10);
  EXPECT_EQ(share(10).decisions(), 100);
  EXPECT_THAT(share(11).collapse(), HasSubstr("11.0 % of the decisions hang on less than"));
  // Equal but for rounding: no exact tie among them.
  const CollapseGuard noise = guard_of(50, [](int i) {
    const float own = 0.2F + 0.001F * static_cast<float>(i);
    return std::vector<float>{own, std::nextafter(own, i % 2 == 0 ? 1.0F : 0.0F)};
  });
  EXPECT_EQ(noise.ties(), 0);
  EXPECT_THAT(noise.collapse(), HasSubstr("(0.0 % are exact ties)"));
  const CollapseGuard equal = guard_of(50, [](int i) {
    return std::vector<float>{0.7F + 1e-6F * static_cast<float>(i), 0.70008F};
  });
  EXPECT_THAT(equal.collapse(), HasSubstr("all similarities lie between 0.7"));
  EXPECT_EQ(CollapseGuard().collapse(), "");
}

}  // namespace
}  // namespace clipwright::eval::selection
