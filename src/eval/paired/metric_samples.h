// A metric of a result as a mean over samples, so that two results can be paired.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/sample_outcomes.h"

namespace clipwright::eval::paired {

/// The number in a result, null where there is none. "mean_recall@k" is the mean of
/// "image_retrieval_recall@k" and "text_retrieval_recall@k" (DataComp's main number).
std::optional<double> metric_value(const Json& metrics, const std::string& metric);

/// The main number of a result by CLIP_benchmark's name of its task: the first of the task's that
/// the result has. Empty where it has none.
std::string main_metric(const std::string& task, const Json& metrics);

/// Whether a number of a result tells how well the model did, as a share: not a setting (epochs,
/// C, seed), a count, a spread or a chance level.
bool is_score(const std::string& metric);

struct MetricSamples {
  std::vector<std::string> keys;
  std::vector<float> values;  ///< as long as keys
  std::vector<int> classes;   ///< as long as keys
  bool by_class = false;      ///< the metric is the mean over the classes' means
  bool directions = false;    ///< classes are the directions or folds of retrieval, not the set's

  double mean() const;
};

/// Of the rows that have it. "..mean_per_class_recall" is the mean over classes of its column or
/// of "..acc1"; "mean_recall@k" the mean of both directions; recall of rows that have a fold for
/// their class the mean over folds. Nothing where the metric is no mean of outcomes.
std::optional<MetricSamples> metric_samples(const SampleOutcomes& outcomes,
                                            const std::string& metric);

}  // namespace clipwright::eval::paired
