// What became of each sample, so that two models can be compared pair by pair (docs/formats/
// results.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
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
  /// `row_values` has a number for each metric. A key that is there already (a table may name a
  /// picture twice) becomes KEY#2, KEY#3, ..., so that the same rows in the same order have the
  /// same keys. A byte that is not UTF-8 stands as the character of its number.
  void add(std::string key, int label, const std::vector<float>& row_values);

  /// How often `add` met each key; of no use to others.
  std::unordered_map<std::string, int64_t> times_seen = {};
};

/// JSON lines: a line with the names of the columns, then a line a sample.
std::string samples_text(const SampleOutcomes& samples);
/// The same as a file. Atomic.
void write_samples(const std::filesystem::path& path, const SampleOutcomes& samples);
/// Throws Error(kInput) with file and line for anything that is not such a file.
SampleOutcomes read_samples(const std::filesystem::path& path);

}  // namespace clipwright::eval
