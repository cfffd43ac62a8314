// Outcomes of samples of several results in one order, so that they can be paired.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/paired/stored_result.h"

namespace clipwright::eval::paired {

/// The results of one set, arm by arm and run by run; empty lists where an arm lacks it.
using SetRuns = std::vector<std::vector<const StoredResult*>>;

/// The outcomes of a metric, in the same order for every run.
struct AlignedSamples {
  std::vector<std::vector<std::vector<float>>> values;  // arms x runs x samples
  std::vector<int> classes;
  bool by_class = false, directions = false;  // as in MetricSamples

  std::span<const int> weights() const {
    return by_class ? std::span<const int>(classes) : std::span<const int>();
  }
};

/// Nothing where a result has no outcomes of samples for the metric. Throws Error(kInput) naming
/// two files and a sample where they are not of the same samples, or the same sample is of two
/// classes.
std::optional<AlignedSamples> align(const SetRuns& runs, const std::string& metric);

}  // namespace clipwright::eval::paired
