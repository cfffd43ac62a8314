// What became of each sample, so that two models can be compared pair by pair (docs/formats/
// results.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipwright::eval {

/// One row a sample: a picture, a caption, an episode. A metric is the mean of its column over the
/// rows that have it (NaN: not a sample of this metric); a mean over classes is the mean of the
/// classes' means.
struct SampleOutcomes {
  std::vector<std::string> metrics;  ///< names of the columns, as in the result
  std::vector<std::string> keys;     ///< the sample's key, unique
  std::vector<int> classes;          ///< its class, or -1; as long as keys
  std::vector<float> values;         ///< rows x metrics, row by row

  int64_t rows() const { return static_cast<int64_t>(keys.size()); }
  bool empty() const { return keys.empty(); }
  /// `row_values` has a number for each metric.
  void add(std::string key, int label, const std::vector<float>& row_values);
};

/// JSON lines: a line with the names of the columns, then a line a sample. Atomic.
void write_samples(const std::filesystem::path& path, const SampleOutcomes& samples);
/// Throws Error(kInput) with file and line for anything that is not such a file.
SampleOutcomes read_samples(const std::filesystem::path& path);

}  // namespace clipwright::eval
