// What a set of a suite asks: task name to function, one line a task.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/features.h"
#include "eval/opened_model.h"
#include "eval/result.h"
#include "eval/suite/suite_file.h"

namespace clipwright::eval::suite {

/// zeroshot, retrieval, ...: those that files may name.
std::vector<std::string> task_names();
bool is_task(const std::string& name);

/// Evaluates; `set.data` is the one place that was found. Throws what the task throws.
EvaluationRecord run_task(const OpenedModel& model, const SuiteSet& set,
                          const EvalOptions& options);

/// The pictures that the set's numbers are about: those of its test split where the task has
/// splits. Throws what opening them throws.
std::shared_ptr<const data::source::Dataset> scored_pictures(const SuiteSet& set);

/// The main number of a set: `set.metric`, else the one of the result's task. Empty where the
/// result has none.
std::string main_metric(const SuiteSet& set, const EvaluationRecord& record);

}  // namespace clipwright::eval::suite
