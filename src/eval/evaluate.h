// `clipwright eval`: a model and a set by name, to a result in CLIP_benchmark's schema.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/features.h"
#include "eval/opened_model.h"
#include "eval/result.h"
#include "eval/retrieval.h"

namespace clipwright::eval {

struct EvaluationRequest {
  models::ModelArgument model;
  data::source::DataOptions data;
  std::string set;         ///< a published one (eval/sets); empty: whatever the data says
  std::string classnames;  ///< file; empty: the set's own
  std::string templates;   ///< 7, 80, plain, clip_benchmark or a file; empty: the set's own, or 7
  /// Also the calibration error: "model" for the trained logit scale, or a number such as
  /// CLIP_benchmark's 100; empty: not.
  std::string calibration;
  bool tokens = false;  ///< zero-shot by patches and words, with the heads that FILIP trained
  std::string class_tokens = "first";  ///< of zero-shot: what `class_tokens_to_average` reads
  std::vector<int> recall_k{1, 5, 10};
  RetrievalOptions retrieval;
  std::string device = "cpu";
  EvalOptions options;
};

/// Zero-shot classification; of pictures with several labels the mean average precision. Throws
/// Error(kUsage) for `tokens` with a model that has no such heads or with several labels; a
/// sentence with the outcome goes to the log.
EvaluationRecord run_zeroshot(const EvaluationRequest& request);
/// The same with a model that is open: `request.model` and `request.device` are not read.
EvaluationRecord run_zeroshot(const OpenedModel& opened, const EvaluationRequest& request);
/// The pairs of `request.data`, of a set with splits `test` where none is named.
std::shared_ptr<const data::source::Dataset> open_pairs(const EvaluationRequest& request);
/// Image-text retrieval on `open_pairs`. A prompt stands in the metrics. Throws Error(kUsage) for a
/// k below one.
EvaluationRecord run_retrieval(const EvaluationRequest& request);
/// The same with a model that is open.
EvaluationRecord run_retrieval(const OpenedModel& opened, const EvaluationRequest& request);

}  // namespace clipwright::eval
