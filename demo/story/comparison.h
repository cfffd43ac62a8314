// What rewriting changes: means over seeds, and paired differences to the first arm with bootstrap
// intervals.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "demo/story/evaluation.h"

namespace clipwright::demo::story {

/// In percentage points.
struct Interval {
  double mean = 0, low = 0, high = 0;
  bool better() const { return low > 0; }
  bool worse() const { return high < 0; }
  /// "+1.2 [+0.3, +2.1]".
  std::string text() const;
};

struct ComparedMetric {
  std::string id, title;
  int64_t pictures = 0;
  double chance = 0;
  std::vector<double> mean, deviation;  ///< by arm, in per cent; over seeds (0 with one seed)
  std::vector<Interval> difference;     ///< by arm from the second on, to the first
};

struct Comparison {
  std::vector<std::string> arms;  ///< titles
  size_t seeds = 0;
  std::vector<ComparedMetric> metrics;
};

/// `scores[arm][seed]`, all over the same pictures. The interval of a difference is the 95 %
/// percentile bootstrap (Efron and Tibshirani 1993): pictures are drawn with replacement, and seeds
/// too when there are several; 2,000 draws keyed by `seed`.
Comparison compare_arms(const std::vector<std::string>& arms,
                        const std::vector<std::vector<ModelScores>>& scores, uint64_t seed);

/// The table for a terminal.
std::string to_text(const Comparison& comparison);
Json to_json(const Comparison& comparison);
/// Where each arm is better and where it is worse than the first, in sentences.
std::vector<std::string> verdicts(const Comparison& comparison);

}  // namespace clipwright::demo::story
