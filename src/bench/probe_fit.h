// How fast a linear probe is fitted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// Multinomial logistic regression from features in memory to 1e-4 of its least objective, on files
/// of features (N, D) and labels, or on made-up ones whose classes overlap.
struct ProbeBenchmark {
  std::string features, labels;  ///< .npy; empty: made up
  int64_t rows = 10000, width = 512, classes = 100;
  double c = 1;  ///< scikit-learn's C
  int runs = 5;
  int threads = 0;
};
/// Seconds a fit, seconds for each of three further penalties from there, and seconds of
/// CLIP_benchmark's probe by AdamW. `check` holds the least objective in scikit-learn's form,
/// 1/2 |W|^2 + C * sum of cross entropies, of each penalty; of the last the mean cross entropy.
std::vector<Measurement> benchmark_probe(const ProbeBenchmark& options);

}  // namespace clipwright::bench
