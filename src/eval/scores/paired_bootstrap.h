// Is a difference between two models more than the luck of which samples and seeds were drawn?
// (Efron and Tibshirani 1993, chapter 13: percentile intervals; Berg-Kirkpatrick et al. 2012, for
// two systems on the same samples.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipwright::eval::scores {

/// Fewer draws have no 2.5th percentile to speak of.
constexpr int64_t kFewestDraws = 100;

struct BootstrapOptions {
  uint64_t seed = 0;
  int64_t draws = 2000;
  double confidence = 0.95;
};

struct PairedDifference {
  double difference = 0;     ///< the metric of a minus the metric of b
  double low = 0, high = 0;  ///< percentile interval of the difference; equal without any spread
  int64_t samples = 0;       ///< that both have
  int64_t left_out = 0;      ///< samples where a or b has no outcome (NaN)
  int64_t seeds = 0;         ///< runs of each
  bool excludes_zero() const { return low > 0 || high < 0; }
};

/// `a[i]` and `b[i]` are the outcomes of sample i (a hit: 1) of two models; a sample where either
/// is NaN is left out. The metric is their mean or, with `classes` (one a sample), the mean over
/// the classes' means: a class that a draw does not reach is left out of that draw's mean, as one
/// without samples is left out of the metric. Each draw takes as many samples as there are, with
/// replacement, the same ones of a and b. Deterministic in the options alone. Throws Error(kInput)
/// for lists of different lengths or without a sample, Error(kUsage) for fewer than kFewestDraws
/// draws or a confidence outside (0, 1).
PairedDifference paired_bootstrap(std::span<const float> a, std::span<const float> b,
                                  std::span<const int> classes = {},
                                  const BootstrapOptions& options = {});

/// The same for several training runs: `a[s]` and `b[s]` are the outcomes of seed s on the same
/// samples. Each draw takes as many seeds as there are, with replacement, then samples, so that the
/// interval holds the spread between seeds too. Three seeds say little about that spread: the
/// interval is then too narrow rather than too wide.
PairedDifference paired_bootstrap(const std::vector<std::vector<float>>& a,
                                  const std::vector<std::vector<float>>& b,
                                  std::span<const int> classes = {},
                                  const BootstrapOptions& options = {});

}  // namespace clipwright::eval::scores
