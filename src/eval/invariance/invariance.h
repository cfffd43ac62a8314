// `clipwright eval invariance`: does meaning survive rewording, and is a change of meaning noticed?
// (docs/evaluation/invariance.md)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/features.h"
#include "eval/invariance/outcome.h"
#include "eval/result.h"
#include "models/model_argument.h"

namespace clipwright::eval::invariance {

struct InvarianceRequest {
  models::ModelArgument model;
  data::source::DataOptions data;
  std::string by = "auto";  ///< captions, classes, or auto: classes where pictures have labels and
                            ///< no rewrites are given
  std::vector<std::string> rewrites;  ///< of captions; none: restyled by rules, then audited
  std::string keep_if = "audit.score >= 0.6";  ///< which rewrites say what their captions say
  std::string classnames, templates;           ///< as of zero-shot classification
  std::string synonyms = "wordnet";            ///< wordnet, none, or a file with a line a class
  std::string reworded_templates;              ///< 7, 80, plain or a file; empty: none
  uint64_t seed = 0;                           ///< of damage and restyling
  std::string device = "cpu";
  EvalOptions options;
};

struct InvarianceReport {
  EvaluationRecord record;  ///< task "invariance"
  Json tables;              ///< by rewording, damage and class
};

/// Throws Error(kUsage) for settings that do not go together and what opening the parts throws; a
/// sentence with the outcome goes to the log, a warning where the model has collapsed.
InvarianceReport run_invariance(const InvarianceRequest& request);

/// The result with the tables behind it.
Json to_json(const InvarianceReport& report);

}  // namespace clipwright::eval::invariance
