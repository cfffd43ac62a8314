#include "eval/paired/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "eval/paired/aligned_samples.h"
#include "eval/paired/average_difference.h"
#include "eval/paired/metric_samples.h"
#include "eval/scores/spread.h"

namespace clipwright::eval::paired {
namespace {

constexpr std::string_view kOfLabels = "mean_average_precision";

SetRuns runs_of(const std::vector<Arm>& arms, const std::string& set) {
  SetRuns all;
  for (const Arm& arm : arms) {
    std::vector<const StoredResult*> runs;
    for (const RunResults& run : arm.runs) {
      if (const auto found = run.find(set); found != run.end()) runs.push_back(&found->second);
    }
    // A mean over some of the runs is not the arm's.
    if (runs.size() != arm.runs.size()) runs.clear();
    all.push_back(std::move(runs));
  }
  return all;
}

scores::BootstrapOptions bootstrap_options(const CompareOptions& options) {
  return {.seed = options.seed, .draws = options.draws};
}

void add_differences(const AlignedSamples& samples, const CompareOptions& options,
                     ComparedMetric& row) {
  for (size_t a = 1; a < samples.values.size(); ++a) {
    if (samples.values[a].empty() || samples.values[0].empty()) continue;
    row.differences[a] = scores::paired_bootstrap(samples.values[a], samples.values[0],
                                                  samples.weights(), bootstrap_options(options));
  }
}

std::string class_name(const SetRuns& runs, int label) {
  for (const auto& arm : runs) {
    for (const StoredResult* result : arm) {
      const auto& names = result->record.classnames;
      if (label >= 0 && static_cast<size_t>(label) < names.size())
        return names[static_cast<size_t>(label)];
    }
  }
  return "class " + std::to_string(label);
}

/// `values` (arms x runs x samples) are the outcomes that count for the class.
ComparedClass compare_class(std::string name,
                            const std::vector<std::vector<std::vector<float>>>& values,
                            const CompareOptions& options) {
  stop_if_interrupted();
  ComparedClass row{.name = std::move(name)};
  for (const auto& arm : values) {
    double sum = 0;
    int64_t count = 0;
    for (const auto& run : arm) {
      row.samples = static_cast<int64_t>(run.size());
      count += row.samples;
      for (const float value : run) sum += static_cast<double>(value);
    }
    row.values.push_back(count == 0 ? std::nan("") : sum / static_cast<double>(count));
  }
  row.differences.resize(values.size());
  for (size_t a = 1; a < values.size(); ++a) {
    if (!values[a].empty() && !values[0].empty())
      row.differences[a] =
          scores::paired_bootstrap(values[a], values[0], {}, bootstrap_options(options));
  }
  return row;
}

/// Of the samples of each class.
std::vector<ComparedClass> compare_classes(const SetRuns& runs, const AlignedSamples& samples,
                                           const CompareOptions& options) {
  std::map<int, std::vector<size_t>> of_class;
  for (size_t i = 0; i < samples.classes.size(); ++i) {
    if (samples.classes[i] >= 0) of_class[samples.classes[i]].push_back(i);
  }
  std::vector<ComparedClass> classes;
  if (of_class.size() < 2) return classes;
  for (const auto& [label, places] : of_class) {
    std::vector<std::vector<std::vector<float>>> picked;
    for (const auto& arm : samples.values) {
      auto& of_arm = picked.emplace_back();
      for (const auto& run : arm) {
        auto& values = of_arm.emplace_back();
        for (const size_t i : places) values.push_back(run[i]);
      }
    }
    classes.push_back(compare_class(class_name(runs, label), picked, options));
  }
  return classes;
}

/// Of pictures with several labels: each class has a column, and every picture counts.
std::vector<ComparedClass> compare_labels(const SetRuns& runs, const CompareOptions& options) {
  std::vector<ComparedClass> classes;
  for (int label = 0;; ++label) {
    const auto samples = align(runs, "average_precision_" + std::to_string(label));
    if (!samples) return classes;
    classes.push_back(compare_class(class_name(runs, label), samples->values, options));
  }
}

/// The main metric first, then the others that are means of outcomes or, where outcomes are not
/// known, scores by their name: settings that stand beside them are no shares.
std::vector<std::string> metrics_of(const SetRuns& runs, bool all) {
  std::vector<std::string> names;
  const StoredResult* first = nullptr;
  for (const auto& arm : runs) {
    if (first == nullptr && !arm.empty()) first = arm[0];
  }
  if (!first->metric.empty()) names.push_back(first->metric);
  for (const auto& [name, value] : first->record.metrics.items()) {
    if (!all && !names.empty()) break;
    const bool worth = names.empty() || metric_samples(first->record.samples, name).has_value() ||
                       (first->record.samples.empty() && is_score(name));
    if (worth && metric_value(first->record.metrics, name) &&
        std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return names;
}

ComparedMetric compare_metric(const SetRuns& runs, const std::string& set,
                              const std::string& metric) {
  ComparedMetric row{.set = set, .metric = metric};
  row.differences.resize(runs.size());
  for (const auto& arm : runs) {
    std::vector<double> values;
    for (const StoredResult* result : arm) {
      if (const auto value = metric_value(result->record.metrics, metric)) values.push_back(*value);
    }
    const bool whole = !arm.empty() && values.size() == arm.size();
    row.values.push_back(whole ? std::optional(scores::mean(values)) : std::nullopt);
    row.deviations.push_back(whole ? scores::deviation(values).value_or(0) : 0);
  }
  return row;
}

void check_tasks(const SetRuns& runs, const std::string& set) {
  const StoredResult* first = nullptr;
  for (const auto& arm : runs) {
    for (const StoredResult* result : arm) {
      if (first == nullptr) first = result;
      if (result->record.task == first->record.task) continue;
      fail_input("set " + set + ": " + first->file.string() + " is of the task '" +
                     first->record.task + "', " + result->file.string() + " of '" +
                     result->record.task + "'",
                 "results of the same task");
    }
  }
}

std::vector<std::string> sets_of(const std::vector<Arm>& arms) {
  std::set<std::string> names;
  for (const Arm& arm : arms) {
    for (const RunResults& run : arm.runs) {
      for (const auto& [name, result] : run) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

std::string set_list(const Arm& arm) {
  std::vector<std::string> names = sets_of({arm});
  if (names.size() > 5) {
    names.resize(5);
    names.emplace_back("...");
  }
  return arm.name + " has " + (names.empty() ? "no results" : listed(names));
}

void check_arms(const std::vector<Arm>& arms) {
  CW_CHECK(!arms.empty(), "arms to compare");
  for (const Arm& arm : arms) {
    if (arm.runs.size() == arms[0].runs.size()) continue;
    fail_usage(arms[0].name + " has " + std::to_string(arms[0].runs.size()) + " runs and " +
                   arm.name + " has " + std::to_string(arm.runs.size()),
               "as many runs of each, the same seeds in the same order");
  }
}

}  // namespace

Comparison compare(const std::vector<Arm>& arms, const CompareOptions& options,
                   const std::vector<std::string>& order) {
  check_arms(arms);
  Comparison comparison;
  for (const Arm& arm : arms) {
    comparison.arms.push_back(arm.name);
    comparison.runs.push_back(arm.runs.size());
  }
  const std::vector<std::string> sets = order.empty() ? sets_of(arms) : order;
  std::vector<std::vector<PairedSet>> averaged(arms.size());  // by arm
  std::vector<ComparedMetric> mains;
  bool all_paired = true;
  size_t shared = 0;
  Progress progress("sets compared", static_cast<int64_t>(sets.size()));
  for (const std::string& set : sets) {
    stop_if_interrupted();
    const SetRuns runs = runs_of(arms, set);
    const auto there =
        std::count_if(runs.begin(), runs.end(), [](const auto& arm) { return !arm.empty(); });
    if (there == 0) continue;
    check_tasks(runs, set);
    const bool in_all = there == static_cast<int64_t>(arms.size());
    shared += in_all;
    const std::vector<std::string> metrics = metrics_of(runs, options.all_metrics);
    for (const std::string& metric : metrics) {
      ComparedMetric row = compare_metric(runs, set, metric);
      row.main = metric == metrics[0];
      const std::optional<AlignedSamples> samples = align(runs, metric);
      if (samples) {
        row.samples = static_cast<int64_t>(samples->classes.size());
        add_differences(*samples, options, row);
        if (row.main && options.per_class && !samples->directions)
          row.classes = metric == kOfLabels ? compare_labels(runs, options)
                                            : compare_classes(runs, *samples, options);
      }
      const bool complete = std::all_of(row.values.begin(), row.values.end(),
                                        [](const auto& value) { return value.has_value(); });
      if (row.main && in_all && complete) {
        comparison.average_sets.push_back(set);
        mains.push_back(row);
        all_paired = all_paired && samples.has_value();
        for (size_t a = 1; samples && a < arms.size(); ++a) {
          averaged[a].push_back(
              {.a = samples->values[a],
               .b = samples->values[0],
               .classes = {samples->weights().begin(), samples->weights().end()}});
        }
      }
      comparison.metrics.push_back(std::move(row));
    }
    progress.update(static_cast<int64_t>(&set - sets.data()) + 1);
  }
  progress.finish();
  if (shared == 0 && !options.allow_disjoint) {
    std::vector<std::string> lists;
    for (const Arm& arm : arms) lists.push_back(set_list(arm));
    std::string found;
    for (const std::string& list : lists) found += (found.empty() ? "" : "; ") + list;
    fail_input("the results have no set in common: " + found, "results of the same sets");
  }
  if (mains.size() > 1) {
    ComparedMetric average{.set = "average", .metric = "mean of main metrics", .main = true};
    average.differences.resize(arms.size());
    for (size_t a = 0; a < arms.size(); ++a) {
      // The deviation of the averages over runs, not the average of deviations.
      std::vector<double> of_run(arms[a].runs.size());
      for (const ComparedMetric& row : mains) {
        for (size_t r = 0; r < of_run.size(); ++r)
          of_run[r] += *metric_value(arms[a].runs[r].at(row.set).record.metrics, row.metric) /
                       static_cast<double>(mains.size());
      }
      average.values.emplace_back(scores::mean(of_run));
      average.deviations.push_back(scores::deviation(of_run).value_or(0));
      if (a > 0 && all_paired)
        average.differences[a] = average_difference(averaged[a], options.seed, options.draws);
    }
    comparison.average = std::move(average);
  }
  return comparison;
}

namespace {

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json differences_json(const Differences& differences) {
  Json list = Json::array();
  for (const auto& difference : differences) {
    list.push_back(difference ? Json{{"difference", difference->difference},
                                     {"low", difference->low},
                                     {"high", difference->high}}
                              : Json(nullptr));
  }
  return list;
}

Json metric_json(const ComparedMetric& row) {
  Json values = Json::array();
  for (const auto& value : row.values) values.push_back(value ? Json(*value) : Json(nullptr));
  Json json = {{"set", row.set},
               {"metric", row.metric},
               {"main", row.main},
               {"samples", row.samples},
               {"values", values},
               {"deviations", row.deviations},
               {"differences", differences_json(row.differences)}};
  if (row.classes.empty()) return json;
  json["classes"] = Json::array();
  for (const ComparedClass& of_class : row.classes) {
    Json means = Json::array();
    for (const double value : of_class.values) means.push_back(number_or_null(value));
    json["classes"].push_back({{"name", of_class.name},
                               {"samples", of_class.samples},
                               {"values", means},
                               {"differences", differences_json(of_class.differences)}});
  }
  return json;
}

}  // namespace

Json to_json(const Comparison& comparison) {
  Json metrics = Json::array();
  for (const ComparedMetric& row : comparison.metrics) metrics.push_back(metric_json(row));
  return {{"arms", comparison.arms},
          {"runs", comparison.runs},
          {"metrics", metrics},
          {"average", comparison.average ? metric_json(*comparison.average) : Json(nullptr)},
          {"average_sets", comparison.average_sets}};
}

}  // namespace clipwright::eval::paired
