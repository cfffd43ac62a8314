#include "data/transform/drawn_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

namespace clipwright::data::transform {
namespace {

constexpr int kDraws = 20'000;

/// Five standard deviations of a count of `draws` with this chance: wrong once in two million.
double tolerance(double chance, int draws = kDraws) {
  return 5 * std::sqrt(chance * (1 - chance) / draws);
}

std::vector<DrawnView> draws_of(const ViewRecipe& recipe) {
  std::vector<DrawnView> views;
  for (int i = 0; i < kDraws; ++i) {
    Random random(3, "view 1", 0, static_cast<uint64_t>(i));
    views.push_back(draw_view(recipe, 300, 280, random));
  }
  return views;
}

TEST(DrawnView, ChancesAreThoseOfMocoV2) {
  double jitter = 0, grey = 0, blur = 0, mirrored = 0, both = 0;
  for (const DrawnView& view : draws_of(find_view_recipe("mocov2"))) {
    jitter += view.jitter.empty() ? 0 : 1;
    grey += view.grey ? 1 : 0;
    blur += view.blur_radius > 0 ? 1 : 0;
    mirrored += view.mirrored ? 1 : 0;
    both += view.mirrored && view.blur_radius > 0 ? 1 : 0;
  }
  EXPECT_NEAR(jitter / kDraws, 0.8, tolerance(0.8));
  EXPECT_NEAR(grey / kDraws, 0.2, tolerance(0.2));
  EXPECT_NEAR(blur / kDraws, 0.5, tolerance(0.5));
  EXPECT_NEAR(mirrored / kDraws, 0.5, tolerance(0.5));
  EXPECT_NEAR(both / kDraws, 0.25, tolerance(0.25)) << "blur and mirror are not independent";
}

TEST(DrawnView, AmountsAreUniformInTheirRanges) {
  struct Range {
    double least, most;
    std::vector<double> seen = {};
  };
  std::map<ColourChange, Range> ranges = {{ColourChange::kBrightness, {0.6, 1.4}},
                                          {ColourChange::kContrast, {0.6, 1.4}},
                                          {ColourChange::kSaturation, {0.6, 1.4}},
                                          {ColourChange::kHue, {-0.1, 0.1}}};
  Range radius = {0.1, 2}, share = {0.2, 1};
  for (const DrawnView& view : draws_of(find_view_recipe("mocov2"))) {
    for (const auto& [change, amount] : view.jitter) ranges.at(change).seen.push_back(amount);
    if (view.blur_radius > 0) radius.seen.push_back(view.blur_radius);
    share.seen.push_back(view.crop.width * view.crop.height / (300.0 * 280.0));
  }
  const auto expect_uniform = [](Range& range) {
    std::sort(range.seen.begin(), range.seen.end());
    ASSERT_GT(range.seen.size(), 9000U);
    EXPECT_GE(range.seen.front(), range.least);
    EXPECT_LE(range.seen.back(), range.most);
    const auto count = static_cast<double>(range.seen.size());
    double farthest = 0;  // Kolmogorov and Smirnov
    for (size_t i = 0; i < range.seen.size(); ++i) {
      const double expected = (range.seen[i] - range.least) / (range.most - range.least);
      farthest = std::max(farthest, std::abs(static_cast<double>(i) / count - expected));
    }
    EXPECT_LT(farthest, 2.5 / std::sqrt(count));
  };
  for (auto& [change, range] : ranges) expect_uniform(range);
  expect_uniform(radius);
  // Large crops that do not fit are drawn again, so their shares are not uniform; the range holds.
  std::sort(share.seen.begin(), share.seen.end());
  EXPECT_GT(share.seen.front(), 0.195);
  EXPECT_LT(share.seen.front(), 0.21);
  EXPECT_GT(share.seen.back(), 0.95);
}

TEST(DrawnView, EveryOrderOfTheJitterIsAsLikely) {
  std::map<std::string, int> orders;
  int jittered = 0;
  for (const DrawnView& view : draws_of(find_view_recipe("mocov2"))) {
    if (view.jitter.empty()) continue;
    std::string order;
    for (const ColourStep& step : view.jitter)
      order += static_cast<char>('a' + static_cast<int>(step.change));
    ++orders[order];
    ++jittered;
  }
  EXPECT_EQ(orders.size(), 24U);
  double chi_squared = 0;
  const double expected = jittered / 24.0;
  for (const auto& [order, count] : orders)
    chi_squared += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_squared, 60) << "23 degrees of freedom: above 60 once in 30,000";
}

TEST(DrawnView, ACropAloneDrawsNothingElse) {
  const ViewRecipe recipe = find_view_recipe("laclip");
  for (uint64_t sample = 0; sample < 100; ++sample) {
    Random viewed(1, "crop", 2, sample), cropped(1, "crop", 2, sample);
    const DrawnView view = draw_view(recipe, 331, 250, viewed);
    const image::Crop crop = image::draw_crop(331, 250, 0.5, 1.0, cropped);
    EXPECT_EQ(view.crop.x, crop.x);
    EXPECT_EQ(view.crop.y, crop.y);
    EXPECT_EQ(view.crop.width, crop.width);
    EXPECT_EQ(view.crop.height, crop.height);
    EXPECT_EQ(viewed.bits(), cropped.bits()) << "numbers were used up";
    EXPECT_TRUE(view.jitter.empty());
    EXPECT_FALSE(view.grey || view.mirrored);
    EXPECT_EQ(view.blur_radius, 0);
  }
}

TEST(DrawnView, WithoutARangeAChangeIsLeftOut) {
  ViewRecipe recipe = {.jitter_chance = 1, .contrast = 1.5, .hue = 0.5};
  for (uint64_t sample = 0; sample < 200; ++sample) {
    Random random(1, "view 1", 0, sample);
    const DrawnView view = draw_view(recipe, 10, 10, random);
    ASSERT_EQ(view.jitter.size(), 2U);
    for (const auto& [change, amount] : view.jitter) {
      EXPECT_TRUE(change == ColourChange::kContrast || change == ColourChange::kHue);
      EXPECT_GE(amount, change == ColourChange::kHue ? -0.5 : 0) << "a factor below 0";
    }
  }
}

TEST(DrawnView, TheSameKeyGivesTheSameView) {
  const ViewRecipe recipe = find_view_recipe("slip");
  for (uint64_t sample = 0; sample < 50; ++sample) {
    Random first(7, "view 1", 4, sample), second(7, "view 1", 4, sample),
        other(7, "view 2", 4, sample);
    const DrawnView a = draw_view(recipe, 640, 480, first), b = draw_view(recipe, 640, 480, second),
                    c = draw_view(recipe, 640, 480, other);
    EXPECT_EQ(a.jitter, b.jitter);
    EXPECT_EQ(a.blur_radius, b.blur_radius);
    EXPECT_EQ(a.crop.width, b.crop.width);
    EXPECT_NE(std::tie(a.crop.x, a.crop.y, a.crop.width, a.crop.height),
              std::tie(c.crop.x, c.crop.y, c.crop.width, c.crop.height));
  }
}

}  // namespace
}  // namespace clipwright::data::transform
