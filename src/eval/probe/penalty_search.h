// How the published protocols look for the penalty that does best on validation.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace clipwright::eval::probe {

/// `count` numbers from 10^first to 10^last, evenly in the logarithm, rising.
std::vector<double> logspace(double first, double last, int count);

/// What was tried, in the order in which it was.
struct SearchStep {
  double penalty = 0;
  double score = 0;  ///< on validation, a share in [0, 1]
};
struct SearchResult {
  double best = 0;
  std::vector<SearchStep> path;
};
/// The score of a penalty on validation. Asked once for each.
using ScorePenalty = std::function<double(double penalty)>;

/// Every value in order; of equal scores the first wins (Ericsson et al. 2021 and SynCLR go from
/// the weakest penalty to the strongest).
SearchResult search_all(const std::vector<double>& grid, const ScorePenalty& score);

/// Radford et al. 2021, A.3, as CLIP_benchmark has it: every `stride`-th of a rising grid, then the
/// neighbours `stride` / 2, / 4, ... 1 steps beside the peak; of equal scores the smallest value
/// of those compared wins.
SearchResult search_around_peak(const std::vector<double>& grid, int stride,
                                const ScorePenalty& score);

/// LGSSL: the coarse values, then `fine` points in two decades either side of the best one, within
/// the coarse range, cut down to the half around whichever of their quarter points does best.
SearchResult search_by_quarters(const std::vector<double>& coarse, int fine,
                                const ScorePenalty& score);

}  // namespace clipwright::eval::probe
