// The interval of an average over sets.
#pragma once

#include <cstdint>
#include <vector>

#include "eval/scores/paired_bootstrap.h"

namespace clipwright::eval::paired {

/// Outcomes of one set: of each run the same samples, a's and b's.
struct PairedSet {
  std::vector<std::vector<float>> a, b;  ///< runs x samples
  std::vector<int> classes;              ///< empty: a plain mean
};

/// The mean over sets of the metric of a minus that of b, with its 95 % percentile interval. Each
/// draw takes runs once for all sets, because one run gave all of them, and samples of each set for
/// itself.
scores::PairedDifference average_difference(const std::vector<PairedSet>& sets, uint64_t seed,
                                            int64_t draws);

}  // namespace clipwright::eval::paired
