#include "eval/suite/tasks.h"

#include <algorithm>

#include "core/error.h"
#include "core/words.h"
#include "eval/evaluate.h"
#include "eval/suite/metric_samples.h"

namespace clipwright::eval::suite {
namespace {

EvaluationRequest request_of(const SuiteSet& set, const EvalOptions& options) {
  EvaluationRequest request;
  data::source::DataOptions& data = request.data;
  data.source = set.data.at(0);
  if (!set.type.empty()) data.type = set.type;
  if (!set.csv_separator.empty()) data.csv_separator = set.csv_separator;
  if (!set.csv_image_key.empty()) data.csv_image_key = set.csv_image_key;
  if (!set.csv_caption_key.empty()) data.csv_caption_key = set.csv_caption_key;
  data.image_root = set.image_root;
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
  return run_retrieval(model, request_of(set, options));
}

using RunTask = EvaluationRecord (*)(const OpenedModel&, const SuiteSet&, const EvalOptions&);
struct Task {
  const char* name;
  const char* result_task;  ///< what CLIP_benchmark calls it
  RunTask run;              ///< null: not in this version
  std::vector<const char*> metrics;
};

const std::vector<Task>& tasks() {
  static const std::vector<Task> list = {
      {"zeroshot", "zeroshot_classification", zeroshot, {"acc1", "mean_average_precision"}},
      {"retrieval", "zeroshot_retrieval", retrieval, {"mean_recall@1"}},
      {"probe", "linear_probe", nullptr, {"lp_acc1"}},
      {"fewshot", "fewshot", nullptr, {"acc1", "fewshot_acc1", "accuracy"}},
      {"selection", "image_caption_selection", nullptr, {"acc", "macro_accuracy"}},
      {"knn", "knn", nullptr, {"knn_acc1", "acc1"}},
  };
  return list;
}

const Task* find_task(const std::string& name) {
  for (const Task& task : tasks()) {
    if (name == task.name) return &task;
  }
  return nullptr;
}

std::string first_there(const std::vector<const char*>& names, const Json& metrics) {
  for (const char* name : names) {
    if (metric_value(metrics, name)) return name;
  }
  return {};
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
  if (task->run == nullptr) {
    std::vector<std::string> there;
    for (const Task& other : tasks()) {
      if (other.run != nullptr) there.emplace_back(other.name);
    }
    fail_usage("set " + set.name + ": suites cannot run the task '" + set.task + "' yet",
               listed(there, " or "));
  }
  return task->run(model, set, options);
}

std::string main_metric(const SuiteSet& set, const Json& metrics) {
  if (!set.metric.empty()) return metric_value(metrics, set.metric) ? set.metric : "";
  const Task* task = find_task(set.task);
  return task == nullptr ? "" : first_there(task->metrics, metrics);
}

std::string main_metric(const std::string& result_task, const Json& metrics) {
  for (const Task& task : tasks()) {
    if (result_task == task.result_task) return first_there(task.metrics, metrics);
  }
  return first_there({"acc1", "mean_recall@1", "lp_acc1", "acc"}, metrics);
}

}  // namespace clipwright::eval::suite
