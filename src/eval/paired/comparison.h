// Models against the first of them: means, and paired differences with 95 % intervals over samples
// and, where an arm has several runs, over seeds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/paired/stored_result.h"
#include "eval/scores/paired_bootstrap.h"

namespace clipwright::eval::paired {

/// A model, or several runs of one recipe that differ in their seed.
struct Arm {
  std::string name;
  std::vector<RunResults> runs;
};

struct CompareOptions {
  uint64_t seed = 0;
  int64_t draws = 2000;
  bool all_metrics = true;  ///< not only the main one of each set
  bool per_class = false;
  bool allow_disjoint = false;  ///< arms without a common set are listed, not refused
};

/// Lists are as long as the arms; a difference of the first arm is none.
using Differences = std::vector<std::optional<scores::PairedDifference>>;
struct ComparedClass {
  std::string name;
  int64_t samples = 0;         ///< of the class; with several labels a picture: all
  std::vector<double> values;  ///< mean outcome of the class, or its average precision
  Differences differences;
};
struct ComparedMetric {
  std::string set, metric;
  bool main = false;                          ///< of its set
  int64_t samples = 0;                        ///< 0 where outcomes of samples are not known
  std::vector<std::optional<double>> values;  ///< mean over runs; none where an arm lacks the set
  std::vector<double> deviations;             ///< over runs; 0 with one
  Differences differences;
  std::vector<ComparedClass> classes;
};
struct Comparison {
  std::vector<std::string> arms;
  std::vector<size_t> runs;               ///< of each arm
  std::vector<ComparedMetric> metrics;    ///< set by set, the main one first
  std::optional<ComparedMetric> average;  ///< unweighted mean of the main metrics of the sets that
                                          ///< all arms have; none with fewer than two
  std::vector<std::string> average_sets;
};

/// Compares arm by arm over the sets of `order` (empty: all sets, sorted). Throws Error(kInput)
/// where the arms have no set in common, where a set is of different tasks, or its samples or their
/// classes are not the same ones; Error(kUsage) for one arm, or numbers of runs that cannot be
/// paired.
Comparison compare(const std::vector<Arm>& arms, const CompareOptions& options = {},
                   const std::vector<std::string>& order = {});

/// docs/formats/suite.md.
Json to_json(const Comparison& comparison);

}  // namespace clipwright::eval::paired
