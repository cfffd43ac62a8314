#include "eval/probe/penalty_search.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"

namespace clipwright::eval::probe {
namespace {

/// Remembers what was tried.
class Scores {
 public:
  explicit Scores(const ScorePenalty& score) : score_(score) {}

  double of(double penalty) {
    const auto known = known_.find(penalty);
    if (known != known_.end()) return known->second;
    const double found = score_(penalty);
    known_[penalty] = found;
    path_.push_back({penalty, found});
    return found;
  }
  const std::vector<SearchStep>& path() const { return path_; }

  /// The first tried of the best.
  double best() const {
    return std::max_element(
               path_.begin(), path_.end(),
               [](const SearchStep& a, const SearchStep& b) { return a.score < b.score; })
        ->penalty;
  }

 private:
  const ScorePenalty& score_;
  std::map<double, double> known_;
  std::vector<SearchStep> path_;
};

}  // namespace

std::vector<double> logspace(double first, double last, int count) {
  CW_CHECK(count >= 2, "both ends");
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(std::pow(10.0, first + (last - first) * i / (count - 1)));
  return values;
}

SearchResult search_all(const std::vector<double>& grid, const ScorePenalty& score) {
  Scores scores(score);
  for (const double penalty : grid) scores.of(penalty);
  return {scores.best(), scores.path()};
}

SearchResult search_around_peak(const std::vector<double>& grid, int stride,
                                const ScorePenalty& score) {
  Scores scores(score);
  const int last = static_cast<int>(grid.size()) - 1;
  const auto peak_of = [&](const std::vector<int>& places) {
    int best = places.front();
    for (const int place : places) {
      if (scores.of(grid[static_cast<size_t>(place)]) > scores.of(grid[static_cast<size_t>(best)]))
        best = place;
    }
    return best;
  };
  std::vector<int> coarse;
  for (int place = 0; place <= last; place += stride) coarse.push_back(place);
  int peak = peak_of(coarse);
  for (int span = stride / 2; span > 0; span /= 2)
    peak = peak_of({std::max(peak - span, 0), peak, std::min(peak + span, last)});
  return {grid[static_cast<size_t>(peak)], scores.path()};
}

SearchResult search_by_quarters(const std::vector<double>& coarse, int fine,
                                const ScorePenalty& score) {
  Scores scores(score);
  for (const double penalty : coarse) scores.of(penalty);
  const double best = scores.best(), middle = std::log10(best);
  std::vector<double> left;
  for (double penalty : logspace(middle - 2, middle + 2, fine)) {
    // The middle is the coarse value itself, which is not tried twice.
    if (std::abs(penalty / best - 1) < 1e-9) penalty = best;
    if (penalty >= coarse.front() * (1 - 1e-9) && penalty <= coarse.back() * (1 + 1e-9))
      left.push_back(penalty);
  }
  while (left.size() > 1) {
    const size_t size = left.size(), quarter = size / 4, half = size / 2;
    const size_t from_end = (size + 3) / 4;
    const double low = scores.of(left[quarter]), mid = scores.of(left[half]),
                 high = scores.of(left[size - from_end]);
    const double most = std::max({low, mid, high});
    size_t first = quarter, end = size - from_end;
    if (most == low) {
      first = 0;
      end = half;
    } else if (most == high) {
      first = half;
      end = size;
    }
    left = std::vector<double>(left.begin() + static_cast<int64_t>(first),
                               left.begin() + static_cast<int64_t>(end));
  }
  return {scores.best(), scores.path()};
}

}  // namespace clipwright::eval::probe
