// What a set of a suite asks: task name to function, one line a task.
#pragma once

#include <string>
#include <vector>

#include "eval/features.h"
#include "eval/opened_model.h"
#include "eval/result.h"
#include "eval/suite/suite_file.h"

namespace clipwright::eval::suite {

/// zeroshot, retrieval, ...: those that files may name.
std::vector<std::string> task_names();
bool is_task(const std::string& name);

/// Evaluates; `set.data` is the one place that was found. Throws what the task throws,
/// Error(kUsage) for a task that suites cannot run yet.
EvaluationRecord run_task(const OpenedModel& model, const SuiteSet& set,
                          const EvalOptions& options);

/// The main number of a set: `set.metric`, or the first of the task's that the result has. Empty
/// where it has none.
std::string main_metric(const SuiteSet& set, const Json& metrics);
/// The same for a result whose set is not known, by CLIP_benchmark's name of the task.
std::string main_metric(const std::string& result_task, const Json& metrics);

}  // namespace clipwright::eval::suite
