#include "card/result_rows.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "eval/paired/metric_samples.h"
#include "eval/paired/stored_result.h"
#include "eval/scores/paired_bootstrap.h"

namespace clipwright::card {
namespace {

/// Names of `eval suite`'s own files that are no results.
bool is_result_name(const fs::path& file) {
  return file.extension() == ".json" && file.filename() != "comparison.json";
}

std::vector<fs::path> result_files(const fs::path& place) {
  std::error_code unreadable;
  if (fs::is_regular_file(place, unreadable)) return {place};
  // Of the output of `eval suite` what lies below results/.
  const fs::path folder =
      fs::is_directory(place / "results", unreadable) ? place / "results" : place;
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder, unreadable);
       entry != fs::recursive_directory_iterator(); entry.increment(unreadable)) {
    if (entry->is_regular_file(unreadable) && is_result_name(entry->path()))
      files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

ResultRow row_of(const fs::path& file) {
  const eval::paired::StoredResult result = eval::paired::read_stored_result(file);
  ResultRow row{.set = file.stem().string(),
                .task = result.record.task,
                .metric = result.metric.empty()
                              ? eval::paired::main_metric(result.record.task, result.record.metrics)
                              : result.metric,
                .of_model = result.record.pretrained};
  const auto value = eval::paired::metric_value(result.record.metrics, row.metric);
  if (!value) fail_input(file.string() + ": has no main number");
  row.value = *value;
  const auto samples = eval::paired::metric_samples(result.record.samples, row.metric);
  if (!samples || samples->values.empty()) return row;
  row.samples = static_cast<int64_t>(samples->values.size());
  const std::vector<float> nothing(samples->values.size(), 0);
  const eval::scores::PairedDifference interval = eval::scores::paired_bootstrap(
      samples->values, nothing, samples->by_class ? samples->classes : std::vector<int>{});
  row.low = interval.low;
  row.high = interval.high;
  return row;
}

}  // namespace

std::vector<ResultRow> read_result_rows(const fs::path& folder,
                                        std::vector<std::string>& left_out) {
  std::vector<ResultRow> rows;
  for (const fs::path& file : result_files(folder)) {
    try {
      rows.push_back(row_of(file));
    } catch (const Error& error) {
      left_out.emplace_back(error.what());
    }
  }
  return rows;
}

}  // namespace clipwright::card
