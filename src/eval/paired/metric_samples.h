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

struct MetricSamples {
  std::vector<std::string> keys;
  std::vector<float> values;  ///< as long as keys
  std::vector<int> classes;   ///< as long as keys
  bool by_class = false;      ///< the metric is the mean over the classes' means
  bool directions = false;    ///< classes are the two directions of retrieval

  double mean() const;
};

/// Of the rows that have it. "..mean_per_class_recall" is the mean over classes of "..acc1";
/// "mean_recall@k" the mean of both directions. Nothing where the metric is no mean of outcomes.
std::optional<MetricSamples> metric_samples(const SampleOutcomes& outcomes,
                                            const std::string& metric);

}  // namespace clipwright::eval::paired
