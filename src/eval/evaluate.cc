#include "eval/evaluate.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/evaluation_data.h"
#include "eval/retrieval.h"
#include "eval/zeroshot.h"
#include "losses/objective.h"
#include "models/load_model.h"

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
std::optional<losses::FilipHeads> open_heads(const OpenedModel& opened) {
  const fs::path folder = models::find_model_folder(opened.source);
  std::optional<losses::FilipHeads> heads;
  if (!folder.empty()) heads = losses::read_filip_heads(folder);
  if (!heads) {
    fail_usage(opened.source + " has no heads that compare patches with words",
               "a model that was trained with the term filip",
               "Leave --tokens out to compare global features.");
  }
  const losses::TowerWidths widths = losses::widths_of(opened.model->config());
  if (heads->image_weight.size(1) != widths.image_patches ||
      heads->text_weight.size(1) != widths.text_tokens) {
    fail_input(folder.string() + ": FILIP's heads read rows of " +
                   std::to_string(heads->image_weight.size(1)) + " and " +
                   std::to_string(heads->text_weight.size(1)) + " numbers",
               "the model's " + std::to_string(widths.image_patches) + " and " +
                   std::to_string(widths.text_tokens));
  }
  const torch::Device device = opened.model->logit_scale().device();
  for (Tensor* tensor :
       {&heads->image_weight, &heads->image_bias, &heads->text_weight, &heads->text_bias})
    *tensor = tensor->to(device);
  return heads;
}

EvaluationRecord record_of(const EvaluationRequest& request, const OpenedModel& opened,
                           const std::string& task, Json metrics) {
  EvaluationRecord record;
  record.dataset = request.data.source;
  record.model = opened.architecture();
  record.pretrained = opened.source;
  record.task = task;
  record.metrics = std::move(metrics);
  return record;
}

/// What became of each picture that could be read.
SampleOutcomes zeroshot_samples(const data::source::Dataset& pictures,
                                const ZeroshotResult& result) {
  SampleOutcomes samples;
  samples.metrics = {"acc1"};
  if (result.acc5) samples.metrics.emplace_back("acc5");
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const int rank = result.rank[static_cast<size_t>(i)];
    if (rank < 0) continue;
    std::vector<float> row = {rank < 1 ? 1.0F : 0.0F};
    if (result.acc5) row.push_back(rank < 5 ? 1.0F : 0.0F);
    samples.add(pictures.key(i), pictures.label(i), row);
  }
  return samples;
}

ClassificationData open_zeroshot_data(const EvaluationRequest& request) {
  check(request);
  ClassificationData data =
      open_classification(request.data, request.classnames, request.templates);
  log_info(data.pictures->describe() + "; " +
           with_commas(static_cast<int64_t>(data.classnames.size())) + " classes, " +
           with_commas(static_cast<int64_t>(data.templates.size())) + " templates");
  return data;
}

EvaluationRecord zeroshot_on(const ClassificationData& data, const OpenedModel& opened,
                             const EvaluationRequest& request) {
  if (!request.tokens) warn_without_global_features(opened.source);
  std::optional<losses::FilipHeads> heads;
  if (request.tokens) heads = open_heads(opened);
  const ZeroshotResult result =
      evaluate_zeroshot(*opened.model, *data.pictures, data.classnames, data.templates,
                        request.options, heads ? &*heads : nullptr);
  log_info("zero-shot on " + with_commas(result.pictures) + " pictures: top-1 " +
           percent(result.acc1, 2) + (result.acc5 ? ", top-5 " + percent(*result.acc5, 2) : "") +
           ", mean recall of a class " + percent(result.mean_per_class_recall, 2) + " (chance " +
           percent(1 / static_cast<double>(data.classnames.size()), 2) + ")");
  EvaluationRecord record = record_of(request, opened, "zeroshot_classification", result.metrics());
  record.samples = zeroshot_samples(*data.pictures, result);
  record.classnames = data.classnames;
  return record;
}

std::shared_ptr<const data::source::Dataset> open_pairs(const EvaluationRequest& request) {
  check(request);
  std::shared_ptr<const data::source::Dataset> pairs = data::source::open_dataset(request.data);
  log_info(pairs->describe());
  return pairs;
}

EvaluationRecord retrieval_on(const data::source::Dataset& pairs, const OpenedModel& opened,
                              const EvaluationRequest& request) {
  warn_without_global_features(opened.source);
  const RetrievalResult result = evaluate_retrieval(*opened.model, pairs, request.options);
  std::string summary = "retrieval among " + with_commas(result.pictures) + " pictures and " +
                        with_commas(result.captions) + " captions:";
  for (const int k : request.recall_k) {
    summary += " recall@" + std::to_string(k) + " picture " + percent(result.image_recall(k), 2) +
               ", text " + percent(result.text_recall(k), 2) + ";";
  }
  summary.pop_back();
  log_info(summary);
  return record_of(request, opened, "zeroshot_retrieval", result.metrics(request.recall_k));
}

}  // namespace

EvaluationRecord run_zeroshot(const EvaluationRequest& request) {
  // The set first: a mistake there shows before a large model is read.
  const ClassificationData data = open_zeroshot_data(request);
  return zeroshot_on(data, open_model(request.model, request.device), request);
}

EvaluationRecord run_zeroshot(const OpenedModel& opened, const EvaluationRequest& request) {
  return zeroshot_on(open_zeroshot_data(request), opened, request);
}

EvaluationRecord run_retrieval(const EvaluationRequest& request) {
  const auto pairs = open_pairs(request);
  return retrieval_on(*pairs, open_model(request.model, request.device), request);
}

EvaluationRecord run_retrieval(const OpenedModel& opened, const EvaluationRequest& request) {
  return retrieval_on(*open_pairs(request), opened, request);
}

}  // namespace clipwright::eval
