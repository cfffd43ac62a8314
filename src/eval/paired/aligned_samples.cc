#include "eval/paired/aligned_samples.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/log.h"
#include "eval/paired/metric_samples.h"

namespace clipwright::eval::paired {
namespace {

/// `samples` in the order of `first`. Throws Error(kInput) where they are not the same ones.
std::vector<float> in_order_of(const MetricSamples& first, const StoredResult& first_result,
                               const MetricSamples& samples, const StoredResult& result) {
  const auto refuse = [&](const std::string& why) {
    fail_input(result.file.string() + " and " + first_result.file.string() + ": " + why,
               "outcomes of the same samples",
               "Evaluate both models on the same files of the set.");
  };
  std::unordered_map<std::string_view, size_t> place;
  for (size_t i = 0; i < samples.keys.size(); ++i) place.emplace(samples.keys[i], i);
  std::vector<float> values;
  for (size_t i = 0; i < first.keys.size(); ++i) {
    const auto found = place.find(first.keys[i]);
    if (found == place.end())
      refuse("sample '" + first.keys[i] + "' is in the second only (" +
             with_commas(static_cast<int64_t>(samples.keys.size())) + " and " +
             with_commas(static_cast<int64_t>(first.keys.size())) + " samples)");
    if (samples.classes[found->second] != first.classes[i]) {
      refuse("sample '" + first.keys[i] + "' is of class " +
             std::to_string(samples.classes[found->second]) + " in the one and of class " +
             std::to_string(first.classes[i]) + " in the other");
    }
    values.push_back(samples.values[found->second]);
  }
  if (samples.keys.size() != first.keys.size()) {
    const std::set<std::string_view> known(first.keys.begin(), first.keys.end());
    const auto extra = std::find_if(samples.keys.begin(), samples.keys.end(),
                                    [&](const std::string& key) { return !known.contains(key); });
    refuse("sample '" + *extra + "' is in the first only (" +
           with_commas(static_cast<int64_t>(samples.keys.size())) + " and " +
           with_commas(static_cast<int64_t>(first.keys.size())) + " samples)");
  }
  return values;
}

}  // namespace

std::optional<AlignedSamples> align(const SetRuns& runs, const std::string& metric) {
  AlignedSamples aligned;
  std::optional<MetricSamples> first;
  const StoredResult* first_result = nullptr;
  for (const auto& arm : runs) {
    auto& of_arm = aligned.values.emplace_back();
    for (const StoredResult* result : arm) {
      std::optional<MetricSamples> samples = metric_samples(result->record.samples, metric);
      if (!samples) return std::nullopt;
      if (!first) {
        aligned.classes = samples->classes;
        aligned.by_class = samples->by_class;
        aligned.directions = samples->directions;
        of_arm.push_back(samples->values);
        first = std::move(samples);
        first_result = result;
      } else {
        of_arm.push_back(in_order_of(*first, *first_result, *samples, *result));
      }
    }
  }
  return aligned;
}

}  // namespace clipwright::eval::paired
