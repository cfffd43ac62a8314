// `clipwright compare`: from paths to arms (docs/evaluation/suites.md).
#pragma once

#include <string>
#include <vector>

#include "eval/paired/comparison.h"

namespace clipwright::eval::paired {

struct CompareRequest {
  /// An arm each: a result file, the output of `eval suite` (an arm a model), a folder of results,
  /// or the folder of a run that was evaluated. NAME=PATH gives a name.
  std::vector<std::string> paths;
  /// NAME=PATH,PATH,...: an arm of several runs, the same seeds in the same order in every arm.
  std::vector<std::string> arms;
  CompareOptions options;
};

/// Throws Error(kUsage) for fewer than two arms, names that differ in nothing but case, and too few
/// draws, Error(kInput) for a path where nothing is and a run that was never evaluated, and as
/// `compare`.
Comparison compare_paths(const CompareRequest& request);

}  // namespace clipwright::eval::paired
