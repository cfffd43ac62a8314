// Results of a model with 95 % intervals, as its card states them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace clipwright::card {

struct ResultRow {
  std::string set, task, metric;
  double value = 0;  ///< a share of one
  /// Percentile interval of a bootstrap over samples (2,000 draws); none where the outcomes of
  /// samples are not beside the result.
  std::optional<double> low, high;
  int64_t samples = 0;   ///< 0: not known
  std::string of_model;  ///< `pretrained` of the result: which weights it is of
};

/// The main number of each result below `folder` (a file FILE.json, a folder of results, the output
/// of `eval suite`), by set. Files that are no results are named in `left_out`.
std::vector<ResultRow> read_result_rows(const std::filesystem::path& folder,
                                        std::vector<std::string>& left_out);

}  // namespace clipwright::card
