// How fast a linear probe is fitted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// Multinomial logistic regression from features in memory to its minimum, on files of features
/// (N, D) and labels, or on made-up ones whose classes overlap.
struct ProbeBenchmark {
  std::string features, labels;  ///< .npy; empty: made up
  int64_t rows = 10000, width = 512, classes = 100;
  double c = 1;  ///< scikit-learn's C
  int runs = 5;
  int threads = 0;
};
/// Seconds a fit, and seconds for each of three further penalties from there. `check` holds the
/// objective in scikit-learn's form, 1/2 |W|^2 + C * sum of cross entropies.
std::vector<Measurement> benchmark_probe(const ProbeBenchmark& options);

}  // namespace clipwright::bench
