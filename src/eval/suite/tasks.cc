#include "eval/suite/tasks.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "eval/evaluate.h"
#include "eval/fewshot/fewshot.h"
#include "eval/knn.h"
#include "eval/paired/metric_samples.h"
#include "eval/probe/run_probe.h"
#include "eval/selection/selection.h"
#include "eval/selection/selection_set.h"
#include "eval/sets/evaluation_data.h"

namespace clipwright::eval::suite {
namespace {

EvaluationRequest request_of(const SuiteSet& set, const EvalOptions& options) {
  EvaluationRequest request;
  data::source::DataOptions& data = request.data;
  if (!set.data.empty()) data.source = set.data[0];
  if (!set.type.empty()) data.type = set.type;
  if (!set.csv_separator.empty()) data.csv_separator = set.csv_separator;
  if (!set.csv_image_key.empty()) data.csv_image_key = set.csv_image_key;
  if (!set.csv_caption_key.empty()) data.csv_caption_key = set.csv_caption_key;
  data.image_root = set.image_root;
  request.set = set.description;
  request.classnames = set.classnames;
  request.templates = set.templates;
  request.options = options;
  return request;
}

EvaluationRecord zeroshot(const OpenedModel& model, const SuiteSet& set,
                          const EvalOptions& options) {
  return run_zeroshot(model, request_of(set, options));
}

EvaluationRecord retrieval(const OpenedModel& model, const SuiteSet& set,
                           const EvalOptions& options) {
  EvaluationRequest request = request_of(set, options);
  request.retrieval.folds = set.folds;
  return run_retrieval(model, request);
}

/// The folder's own splits where the set names none.
void set_split(const std::string& named, const SuiteSet& set, const char* split,
               sets::LabelledSplit& place) {
  place.data = request_of(set, {}).data;
  place.data.source = named;
  if (!named.empty() || set.data.empty()) return;
  const fs::path folder = fs::path(set.data[0]) / split;
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) place.data.source = folder.string();
}

sets::SplitsRequest splits_of(const SuiteSet& set, const EvalOptions& options) {
  sets::SplitsRequest splits;
  set_split(set.train, set, "train", splits.train);
  set_split(set.val, set, "val", splits.validation);
  set_split(set.test, set, "test", splits.test);
  splits.classnames = set.classnames;
  splits.set = set.name;
  splits.options = options;
  return splits;
}

EvaluationRecord linear_probe(const OpenedModel& model, const SuiteSet& set,
                              const EvalOptions& options) {
  probe::ProbeRequest request{.splits = splits_of(set, options)};
  if (!set.protocol.empty()) request.protocol = set.protocol;
  if (set.metric == "lp_mean_per_class_recall") request.select_by = "mean-per-class";
  return probe::run_probe(model, std::move(request));
}

EvaluationRecord fewshot(const OpenedModel& model, const SuiteSet& set,
                         const EvalOptions& options) {
  fewshot::FewshotRequest request{.splits = splits_of(set, options)};
  if (!set.protocol.empty()) request.protocol = set.protocol;
  // Episodes choose nothing.
  if (request.protocol != "coop") request.splits.validation = {};
  return fewshot::run_fewshot(model, std::move(request));
}

EvaluationRecord knn(const OpenedModel& model, const SuiteSet& set, const EvalOptions& options) {
  KnnRequest request{.splits = splits_of(set, options)};
  request.splits.validation = {};
  return run_knn(model, std::move(request));
}

EvaluationRecord select(const OpenedModel& model, const SuiteSet& set, const EvalOptions& options) {
  selection::SelectionRequest request;
  request.data = set.data.at(0);
  request.image_root = set.image_root;
  request.options = options;
  return selection::run_selection(model, request);
}

using Pictures = std::shared_ptr<const data::source::Dataset>;

Pictures classified_pictures(const SuiteSet& set) {
  const EvaluationRequest request = request_of(set, {});
  return sets::open_classification(request.data, request.classnames, request.templates, request.set)
      .pictures;
}

Pictures captioned_pictures(const SuiteSet& set) { return open_pairs(request_of(set, {})); }

Pictures test_pictures(const SuiteSet& set) {
  const sets::LabelledSplit test = splits_of(set, {}).test;
  return sets::open_classification(test.data, set.classnames, /*templates=*/"plain").pictures;
}

Pictures pictures_of_cases(const SuiteSet& set) {
  return selection::read_selection_set(set.data.at(0), "auto", set.image_root).pictures;
}

struct Task {
  const char* name;
  EvaluationRecord (*run)(const OpenedModel&, const SuiteSet&, const EvalOptions&);
  Pictures (*scored)(const SuiteSet&);
};

const std::vector<Task>& tasks() {
  static const std::vector<Task> list = {
      {"zeroshot", zeroshot, classified_pictures}, {"retrieval", retrieval, captioned_pictures},
      {"probe", linear_probe, test_pictures},      {"fewshot", fewshot, test_pictures},
      {"selection", select, pictures_of_cases},    {"knn", knn, test_pictures},
  };
  return list;
}

const Task* find_task(const std::string& name) {
  for (const Task& task : tasks()) {
    if (name == task.name) return &task;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task& task : tasks()) names.emplace_back(task.name);
  return names;
}

bool is_task(const std::string& name) { return find_task(name) != nullptr; }

EvaluationRecord run_task(const OpenedModel& model, const SuiteSet& set,
                          const EvalOptions& options) {
  const Task* task = find_task(set.task);
  CW_CHECK(task != nullptr, "tasks are checked when suites are read");
  return task->run(model, set, options);
}

std::shared_ptr<const data::source::Dataset> scored_pictures(const SuiteSet& set) {
  const Task* task = find_task(set.task);
  CW_CHECK(task != nullptr, "tasks are checked when suites are read");
  return task->scored(set);
}

std::string main_metric(const SuiteSet& set, const EvaluationRecord& record) {
  if (set.metric.empty()) return paired::main_metric(record.task, record.metrics);
  return paired::metric_value(record.metrics, set.metric) ? set.metric : "";
}

}  // namespace clipwright::eval::suite
