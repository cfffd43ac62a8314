// `clipwright eval`: a model and a set by name, to a result in CLIP_benchmark's schema.
#pragma once

#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/features.h"
#include "eval/opened_model.h"
#include "eval/result.h"

namespace clipwright::eval {

struct EvaluationRequest {
  std::string model;
  data::source::DataOptions data;
  std::string classnames;  ///< file; empty: the set's own
  std::string templates;   ///< 7, 80, plain or a file; empty: the set's own, or the seven
  bool tokens = false;     ///< zero-shot by patches and words, with the heads that FILIP trained
  std::vector<int> recall_k{1, 5, 10};
  std::string device = "cpu";
  EvalOptions options;
};

/// Zero-shot classification. Throws Error(kUsage) for `tokens` with a model that has no such heads;
/// a sentence with the outcome goes to the log.
EvaluationRecord run_zeroshot(const EvaluationRequest& request);
/// The same with a model that is open: `request.model` and `request.device` are not read.
EvaluationRecord run_zeroshot(const OpenedModel& opened, const EvaluationRequest& request);
/// Image-text retrieval. Throws Error(kUsage) for a k below one.
EvaluationRecord run_retrieval(const EvaluationRequest& request);
/// The same with a model that is open.
EvaluationRecord run_retrieval(const OpenedModel& opened, const EvaluationRequest& request);

}  // namespace clipwright::eval
