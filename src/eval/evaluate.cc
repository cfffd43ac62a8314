#include "eval/evaluate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/multi_label.h"
#include "eval/sets/evaluation_data.h"
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
  if (request.class_tokens != "first") record.metrics["class_tokens"] = request.class_tokens;
  return record;
}

/// What scores are multiplied with before their softmax; 0 where no calibration is asked for.
double calibration_scale(const std::string& wanted, models::Clip& model) {
  if (wanted.empty()) return 0;
  if (wanted == "model") return std::exp(model.logit_scale().item<double>());
  double scale = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), scale);
  if (error != std::errc() || end != wanted.data() + wanted.size() || !(scale > 0) ||
      !std::isfinite(scale))
    fail_usage("--calibration is '" + wanted + "'", "model, or a number above 0 such as 100");
  return scale;
}

/// "ImageNet-A" where a set was named.
std::string title_of(const sets::ClassificationData& data) {
  return data.set == nullptr ? "" : " of " + data.set->title;
}

void say_absent_classes(const sets::ClassificationData& data) {
  std::set<int> present;
  for (int64_t i = 0; i < data.pictures->size(); ++i) present.insert(data.pictures->label(i));
  const auto classes = static_cast<int64_t>(data.classnames.size());
  const int64_t absent = classes - static_cast<int64_t>(present.size());
  if (absent <= 0) return;
  log_info(with_commas(absent) + " of " + with_commas(classes) +
           " classes have no picture; the mean recall is over the others");
}

EvaluationRecord multi_label_on(const sets::ClassificationData& data, const OpenedModel& opened,
                                const EvaluationRequest& request) {
  if (request.tokens || !request.calibration.empty()) {
    fail_usage(std::string(request.tokens ? "--tokens" : "--calibration") +
                   " is for pictures with one class each",
               "a set of that kind", request.data.source + " has several labels a picture.");
  }
  const MultiLabelResult result = evaluate_multi_label(
      *opened.model, *data.pictures, data.classnames, data.templates, request.options);
  log_info("zero-shot on " + with_commas(result.pictures) + " pictures" + title_of(data) +
           " with several labels: mean average precision " + percent(result.precision.mean, 2));
  EvaluationRecord record = record_of(request, opened, "zeroshot_classification", result.metrics());
  record.samples = result.samples();
  record.classnames = data.classnames;
  return record;
}

sets::ClassificationData open_zeroshot_data(const EvaluationRequest& request) {
  check(request);
  sets::ClassificationData data =
      sets::open_classification(request.data, request.classnames, request.templates, request.set);
  log_info(data.pictures->describe() + "; " +
           with_commas(static_cast<int64_t>(data.classnames.size())) + " classes, " +
           with_commas(static_cast<int64_t>(data.templates.size())) + " templates");
  return data;
}

/// The same with the class tokens that it names.
EvaluationRequest with_class_tokens(const EvaluationRequest& request, const OpenedModel& opened) {
  if (request.tokens && request.class_tokens != "first")
    fail_usage("--tokens compares patches, which have no class token", "no --class-tokens");
  EvaluationRequest complete = request;
  complete.options.class_tokens = class_tokens_to_average(opened, request.class_tokens);
  return complete;
}

EvaluationRecord zeroshot_on(const sets::ClassificationData& data, const OpenedModel& opened,
                             const EvaluationRequest& given) {
  const EvaluationRequest request = with_class_tokens(given, opened);
  if (!request.tokens) warn_without_global_features(opened.source);
  models::Clip& model = *opened.model;
  if (data.multi_label) return multi_label_on(data, opened, request);
  say_absent_classes(data);
  std::optional<losses::FilipHeads> heads;
  if (request.tokens) heads = open_heads(opened);
  const ZeroshotResult result =
      evaluate_zeroshot(model, *data.pictures, data.classnames, data.templates, request.options,
                        heads ? &*heads : nullptr, calibration_scale(request.calibration, model));
  log_info("zero-shot on " + with_commas(result.pictures) + " pictures" + title_of(data) +
           ": top-1 " + percent(result.acc1, 2) +
           (result.acc5 ? ", top-5 " + percent(*result.acc5, 2) : "") +
           ", mean recall of a class " + percent(result.mean_per_class_recall, 2) + " (chance " +
           percent(1 / static_cast<double>(data.classnames.size()), 2) + ")" +
           (data.set == nullptr ? "" : "; tables of it print " + data.main_metric()) +
           (result.ece ? "; calibration error " + percent(*result.ece, 2) : ""));
  EvaluationRecord record = record_of(request, opened, "zeroshot_classification", result.metrics());
  record.samples = zeroshot_outcomes(result, *data.pictures);
  record.classnames = data.classnames;
  return record;
}

EvaluationRecord retrieval_on(const data::source::Dataset& pairs, const OpenedModel& opened,
                              const EvaluationRequest& request) {
  warn_without_global_features(opened.source);
  const RetrievalResult result =
      evaluate_retrieval(*opened.model, pairs, request.options, request.retrieval);
  std::string summary = "retrieval among " + with_commas(result.pictures) + " pictures and " +
                        with_commas(result.captions) + " captions" +
                        (result.folds > 1 ? ", mean of " + std::to_string(result.folds) + " folds:"
                                          : std::string(":"));
  for (const int k : request.recall_k) {
    summary += " recall@" + std::to_string(k) + " picture " + percent(result.image_recall(k), 2) +
               ", text " + percent(result.text_recall(k), 2) + ";";
  }
  summary.pop_back();
  log_info(summary);
  Json metrics = result.metrics(request.recall_k);
  if (!request.retrieval.prompt.empty()) metrics["prompt"] = request.retrieval.prompt;
  EvaluationRecord record = record_of(request, opened, "zeroshot_retrieval", std::move(metrics));
  record.samples = result.samples(request.recall_k);
  return record;
}

}  // namespace

EvaluationRecord run_zeroshot(const EvaluationRequest& request) {
  // The set first: a mistake there shows before a large model is read.
  const sets::ClassificationData data = open_zeroshot_data(request);
  return zeroshot_on(data, open_model(request.model, request.device), request);
}

EvaluationRecord run_zeroshot(const OpenedModel& opened, const EvaluationRequest& request) {
  return zeroshot_on(open_zeroshot_data(request), opened, request);
}

std::shared_ptr<const data::source::Dataset> open_pairs(const EvaluationRequest& request) {
  check(request);
  data::source::DataOptions data = request.data;
  if (data.split.empty()) data.split = "test";
  std::shared_ptr<const data::source::Dataset> pairs = data::source::open_dataset(data);
  log_info(pairs->describe());
  return pairs;
}

EvaluationRecord run_retrieval(const EvaluationRequest& request) {
  const auto pairs = open_pairs(request);
  return retrieval_on(*pairs, open_model(request.model, request.device), request);
}

EvaluationRecord run_retrieval(const OpenedModel& opened, const EvaluationRequest& request) {
  return retrieval_on(*open_pairs(request), opened, request);
}

}  // namespace clipwright::eval
