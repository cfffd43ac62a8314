// `clipwright eval suite`: models on the sets that are on disk, each once (docs/evaluation/
// suites.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/features.h"
#include "eval/paired/comparison.h"

namespace clipwright::eval::suite {

struct SuiteRequest {
  std::string suite;                ///< name or file
  std::vector<std::string> models;  ///< NAME=MODEL or MODEL
  /// --model-config and --names: of those models that are files of weights.
  std::string configuration, names;
  std::string data_root, output;
  std::string feature_cache;  ///< empty: OUTPUT/features; "none": nothing is kept
  std::string device = "cpu";
  EvalOptions options;
  paired::CompareOptions comparison{
      .all_metrics = false, .per_class = true, .allow_disjoint = true};
};

/// A set of a model that came to nothing.
struct FailedSet {
  std::string model, set, why;
};

struct SuiteOutcome {
  std::string name;
  paired::Comparison comparison;
  std::vector<std::string> missing;  ///< sets that are not on disk, with where they come from
  std::vector<FailedSet> failed;
  int64_t evaluated = 0, kept = 0;  ///< sets of models: done now, done before
};

/// Evaluates and writes OUTPUT/results, table.md, table.csv, differences.csv, table.tex and
/// comparison.json. Throws
/// Error(kUsage) for a suite, model or name that is none, Error(kInput) where no set is on disk,
/// Error(kInterrupted) after a signal: finished sets are kept.
SuiteOutcome run_suite(const SuiteRequest& request);

/// What OUTPUT/comparison.json holds: the comparison, what is missing and what failed.
Json to_json(const SuiteOutcome& outcome);

/// "2 of 30 results are missing: ...": the sentence for the end; empty where nothing failed.
std::string failures_in_words(const SuiteOutcome& outcome);

}  // namespace clipwright::eval::suite
