#include "eval/probe/penalty_search.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/probe/protocol.h"

namespace clipwright::eval::probe {
namespace {

/// A score with its peak at 10^peak.
ScorePenalty peak_at(double peak) {
  return [peak](double penalty) { return 1 / (1 + std::abs(std::log10(penalty) - peak)); };
}

TEST(PenaltySearch, GridsAreThoseOfTheSources) {
  const std::vector<double> clip = logspace(-6, 6, 97);
  EXPECT_NEAR(clip[8] / clip[0], 10, 1e-12) << "eight steps a decade";
  EXPECT_EQ(clip.size(), 97U);
  for (int i = 0; i < 7; ++i)
    EXPECT_NEAR(std::log10(clip[static_cast<size_t>(16 * i)]), -6 + 2 * i, 1e-12);
  const Protocol& synclr = protocol_named("synclr");
  const std::vector<double> decays = logspace(synclr.first, synclr.last, synclr.points);
  EXPECT_EQ(decays.size(), 45U);
  EXPECT_NEAR(decays.front(), 1e-6, 1e-18);
  EXPECT_NEAR(decays.back(), 1e5, 1e-7);
}

TEST(PenaltySearch, AroundThePeakComesToTheNearestOf97) {
  const std::vector<double> grid = logspace(-6, 6, 97);
  for (const double peak : {-6.0, -3.77, 0.0, 0.3, 2.41, 5.9, 6.0, 9.0}) {
    const SearchResult found = search_around_peak(grid, 16, peak_at(peak));
    const double nearest = std::clamp(std::round((peak + 6) * 8) / 8 - 6, -6.0, 6.0);
    EXPECT_NEAR(std::log10(found.best), nearest, 1e-9) << peak;
    EXPECT_LE(found.path.size(), 7U + 4 * 2) << "each penalty is tried once";
  }
  // The seven coarse values come first, in order.
  const SearchResult found = search_around_peak(grid, 16, peak_at(0));
  for (size_t i = 0; i < 7; ++i)
    EXPECT_NEAR(std::log10(found.path[i].penalty), -6 + 2 * static_cast<double>(i), 1e-9);
  EXPECT_NEAR(std::log10(found.path[7].penalty), -1, 1e-9);
  EXPECT_NEAR(std::log10(found.path[8].penalty), 1, 1e-9);
}

TEST(PenaltySearch, OfEqualScoresTheFirstWins) {
  const auto same = [](double) { return 0.5; };
  EXPECT_NEAR(search_around_peak(logspace(-6, 6, 97), 16, same).best, 1e-6, 1e-15);
  EXPECT_NEAR(search_all(logspace(-6, 5, 45), same).best, 1e-6, 1e-15);
  EXPECT_NEAR(search_by_quarters(logspace(-6, 6, 7), 29, same).best, 1e-6, 1e-15);
}

TEST(PenaltySearch, AllTriesEveryValueInOrder) {
  const std::vector<double> grid = logspace(-6, 5, 45);
  const SearchResult found = search_all(grid, peak_at(2));
  ASSERT_EQ(found.path.size(), 45U);
  for (size_t i = 0; i < 45; ++i) EXPECT_EQ(found.path[i].penalty, grid[i]);
  EXPECT_EQ(found.best, grid[32]);
}

TEST(PenaltySearch, ByQuartersIsLgssls) {
  // Indices of the fine grid that LGSSL's slices visit when the peak is left, right or inside:
  // quarter points 7, 14 and 21 of 29, then of what is left.
  const SearchResult right = search_by_quarters(logspace(-6, 6, 7), 29, peak_at(0.9));
  EXPECT_NEAR(std::log10(right.best), -2 + 4.0 * 20 / 28, 0.15);
  std::vector<double> fine;
  for (size_t i = 7; i < right.path.size(); ++i)
    fine.push_back((std::log10(right.path[i].penalty) + 2) * 7);
  ASSERT_GE(fine.size(), 2U);
  EXPECT_NEAR(fine[0], 7, 1e-6);
  EXPECT_NEAR(fine[1], 21, 1e-6) << "14 is the coarse value itself and is not tried again";
  for (const double peak : {-6.0, -5.2, -1.3, 0.0, 1.5, 3.3, 6.0}) {
    const SearchResult found = search_by_quarters(logspace(-6, 6, 7), 29, peak_at(peak));
    EXPECT_NEAR(std::log10(found.best), peak, 0.2) << peak;
    for (const SearchStep& step : found.path) {
      EXPECT_GE(step.penalty, 1e-6 * 0.999);
      EXPECT_LE(step.penalty, 1e6 * 1.001);
      EXPECT_LE(step.score, peak_at(peak)(found.best));
    }
  }
}

}  // namespace
}  // namespace clipwright::eval::probe
