#include "eval/evaluate.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/evaluation_data.h"
#include "eval/opened_model.h"
#include "eval/retrieval.h"
#include "eval/zeroshot.h"
#include "losses/objective.h"
#include "models/load_model.h"
#include "tensor/device.h"

namespace clipwright::eval {
namespace {

void check(const EvaluationRequest& request) {
  if (request.options.batch_size < 1)
    fail_usage("--batch-size is " + std::to_string(request.options.batch_size), "at least 1");
  if (request.options.workers < 1)
    fail_usage("--workers is " + std::to_string(request.options.workers), "at least 1");
  for (const int k : request.recall_k) {
    if (k < 1) fail_usage("--recall-k has " + std::to_string(k), "whole numbers from 1");
  }
}

/// FILIP's heads on the model's device, where they are asked for.
std::optional<losses::FilipHeads> open_heads(const EvaluationRequest& request,
                                             const models::Clip& model) {
  if (!request.tokens) return std::nullopt;
  const fs::path folder = models::find_model_folder(request.model);
  std::optional<losses::FilipHeads> heads;
  if (!folder.empty()) heads = losses::read_filip_heads(folder);
  if (!heads) {
    fail_usage(request.model + " has no heads that compare patches with words",
               "a model that was trained with the term filip",
               "Leave --tokens out to compare global features.");
  }
  const losses::TowerWidths widths = losses::widths_of(model.config());
  if (heads->image_weight.size(1) != widths.image_patches ||
      heads->text_weight.size(1) != widths.text_tokens) {
    fail_input(folder.string() + ": FILIP's heads read rows of " +
                   std::to_string(heads->image_weight.size(1)) + " and " +
                   std::to_string(heads->text_weight.size(1)) + " numbers",
               "the model's " + std::to_string(widths.image_patches) + " and " +
                   std::to_string(widths.text_tokens));
  }
  const torch::Device device = tensor::open_device(request.device);
  for (Tensor* tensor :
       {&heads->image_weight, &heads->image_bias, &heads->text_weight, &heads->text_bias})
    *tensor = tensor->to(device);
  return heads;
}

EvaluationRecord record_of(const EvaluationRequest& request, const models::Clip& model,
                           const std::string& task, Json metrics) {
  EvaluationRecord record;
  record.dataset = request.data.source;
  record.model = model.config().name;
  record.pretrained = request.model;
  record.task = task;
  record.metrics = std::move(metrics);
  return record;
}

}  // namespace

EvaluationRecord run_zeroshot(const EvaluationRequest& request) {
  check(request);
  const ClassificationData data =
      open_classification(request.data, request.classnames, request.templates);
  log_info(data.pictures->describe() + "; " +
           with_commas(static_cast<int64_t>(data.classnames.size())) + " classes, " +
           with_commas(static_cast<int64_t>(data.templates.size())) + " templates");
  const OpenedModel opened = open_model(request.model, request.device);
  if (!request.tokens) warn_without_global_features(request.model);
  const auto& model = opened.model;
  const std::optional<losses::FilipHeads> heads = open_heads(request, *model);
  const ZeroshotResult result =
      evaluate_zeroshot(*model, *data.pictures, data.classnames, data.templates, request.options,
                        heads ? &*heads : nullptr);
  log_info("zero-shot on " + with_commas(result.pictures) + " pictures: top-1 " +
           percent(result.acc1, 2) + (result.acc5 ? ", top-5 " + percent(*result.acc5, 2) : "") +
           ", mean recall of a class " + percent(result.mean_per_class_recall, 2) + " (chance " +
           percent(1 / static_cast<double>(data.classnames.size()), 2) + ")");
  return record_of(request, *model, "zeroshot_classification", result.metrics());
}

EvaluationRecord run_retrieval(const EvaluationRequest& request) {
  check(request);
  const auto pairs = data::source::open_dataset(request.data);
  log_info(pairs->describe());
  const OpenedModel opened = open_model(request.model, request.device);
  warn_without_global_features(request.model);
  const auto& model = opened.model;
  const RetrievalResult result = evaluate_retrieval(*model, *pairs, request.options);
  std::string summary = "retrieval among " + with_commas(result.pictures) + " pictures and " +
                        with_commas(result.captions) + " captions:";
  for (const int k : request.recall_k) {
    summary += " recall@" + std::to_string(k) + " picture " + percent(result.image_recall(k), 2) +
               ", text " + percent(result.text_recall(k), 2) + ";";
  }
  summary.pop_back();
  log_info(summary);
  return record_of(request, *model, "zeroshot_retrieval", result.metrics(request.recall_k));
}

}  // namespace clipwright::eval
