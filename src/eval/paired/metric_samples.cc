#include "eval/paired/metric_samples.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace clipwright::eval::paired {
namespace {

constexpr std::string_view kPerClass = "mean_per_class_recall", kMeanRecall = "mean_recall@",
                           kRecall = "_retrieval_recall@";

/// Every number of a task that is a score, by its name, and by what its name begins with.
constexpr std::string_view kScores[] = {"acc1",
                                        "acc5",
                                        "mean_per_class_recall",
                                        "mean_average_precision",
                                        "ece",
                                        "lp_acc1",
                                        "lp_acc5",
                                        "lp_mean_per_class_recall",
                                        "image_acc",
                                        "text_acc",
                                        "acc",
                                        "macro_accuracy",
                                        "macro_accuracy_published",
                                        "accuracy",
                                        "invariance",
                                        "sensitivity",
                                        "text_sensitivity"};
constexpr std::string_view kScoresBegin[] = {"image_retrieval_recall@", "text_retrieval_recall@",
                                             "mean_recall@", "accuracy_", "sensitivity_"};

std::optional<size_t> column_of(const SampleOutcomes& outcomes, const std::string& name) {
  const auto found = std::find(outcomes.metrics.begin(), outcomes.metrics.end(), name);
  if (found == outcomes.metrics.end()) return std::nullopt;
  return static_cast<size_t>(found - outcomes.metrics.begin());
}

/// Adds the rows that have the column; `group_of` says of which group a class is.
template <typename GroupOf>
void add_rows(const SampleOutcomes& outcomes, size_t column, const GroupOf& group_of,
              MetricSamples& samples) {
  for (size_t i = 0; i < outcomes.keys.size(); ++i) {
    const float value = outcomes.values[i * outcomes.metrics.size() + column];
    if (std::isnan(value)) continue;
    samples.keys.push_back(outcomes.keys[i]);
    samples.values.push_back(value);
    samples.classes.push_back(group_of(outcomes.classes[i]));
  }
}

int same(int label) { return label; }

bool in_folds(const SampleOutcomes& outcomes) {
  return std::any_of(outcomes.classes.begin(), outcomes.classes.end(),
                     [](int label) { return label >= 0; });
}

/// The names of the two directions; empty for another metric.
std::vector<std::string> directions(const std::string& metric) {
  if (!metric.starts_with(kMeanRecall)) return {};
  const std::string k = metric.substr(kMeanRecall.size());
  return {"image_retrieval_recall@" + k, "text_retrieval_recall@" + k};
}

}  // namespace

std::optional<double> metric_value(const Json& metrics, const std::string& metric) {
  if (!metrics.is_object()) return std::nullopt;
  if (const auto found = metrics.find(metric); found != metrics.end())
    return found->is_number() && std::isfinite(found->get<double>())
               ? std::optional(found->get<double>())
               : std::nullopt;
  double sum = 0;
  const std::vector<std::string> both = directions(metric);
  for (const std::string& direction : both) {
    const std::optional<double> value = metric_value(metrics, direction);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return both.empty() ? std::nullopt : std::optional(sum / static_cast<double>(both.size()));
}

bool is_score(const std::string& metric) {
  return std::find(std::begin(kScores), std::end(kScores), metric) != std::end(kScores) ||
         std::any_of(std::begin(kScoresBegin), std::end(kScoresBegin),
                     [&](std::string_view start) { return metric.starts_with(start); });
}

std::string main_metric(const std::string& task, const Json& metrics) {
  static const std::map<std::string, std::vector<const char*>, std::less<>> of_task = {
      {"zeroshot_classification", {"acc1", "mean_average_precision"}},
      {"zeroshot_retrieval", {"mean_recall@1", "mean_recall@5"}},
      {"linear_probe", {"lp_acc1"}},
      {"image_caption_selection", {"acc", "macro_accuracy"}},
      {"fewshot", {"accuracy"}},
      {"knn", {"acc1"}},
  };
  const auto found = of_task.find(task);
  static const std::vector<const char*> others = {"acc1", "lp_acc1", "acc", "accuracy",
                                                  "mean_recall@1"};
  for (const char* name : found == of_task.end() ? others : found->second) {
    if (metric_value(metrics, name)) return name;
  }
  return {};
}

double MetricSamples::mean() const {
  std::map<int, std::pair<double, int64_t>> sums;
  for (size_t i = 0; i < values.size(); ++i) {
    auto& [sum, count] = sums[by_class ? classes[i] : 0];
    sum += static_cast<double>(values[i]);
    ++count;
  }
  double total = 0;
  for (const auto& [group, sum] : sums) total += sum.first / static_cast<double>(sum.second);
  return sums.empty() ? 0 : total / static_cast<double>(sums.size());
}

std::optional<MetricSamples> metric_samples(const SampleOutcomes& outcomes,
                                            const std::string& metric) {
  MetricSamples samples;
  const auto column = column_of(outcomes, metric);
  if (metric.ends_with(kPerClass)) {
    // Before its own column: that is no plain mean either, and probes write one.
    const auto hits =
        column ? column
               : column_of(outcomes, metric.substr(0, metric.size() - kPerClass.size()) + "acc1");
    if (!hits) return std::nullopt;
    samples.by_class = true;
    add_rows(outcomes, *hits, same, samples);
  } else if (column) {
    samples.by_class = samples.directions =
        metric.find(kRecall) != std::string::npos && in_folds(outcomes);
    add_rows(outcomes, *column, same, samples);
  } else {
    const std::vector<std::string> both = directions(metric);
    for (size_t d = 0; d < both.size(); ++d) {
      const auto direction = column_of(outcomes, both[d]);
      if (!direction) return std::nullopt;
      samples.by_class = samples.directions = true;
      // Every fold has pictures and captions, so that the mean over the folds of both directions is
      // the mean of the directions' means.
      const auto group_of = [d](int fold) { return 2 * std::max(fold, 0) + static_cast<int>(d); };
      add_rows(outcomes, *direction, group_of, samples);
    }
  }
  if (samples.keys.empty()) return std::nullopt;
  return samples;
}

}  // namespace clipwright::eval::paired
