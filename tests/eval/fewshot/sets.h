// Small feature sets for the few-shot tests.
#pragma once

#include <algorithm>
#include <vector>

#include "eval/feature_set.h"

namespace clipwright::eval::fewshot {

inline FeatureSet set_of(const Tensor& rows, std::vector<int64_t> labels) {
  FeatureSet set;
  set.rows = rows.contiguous();
  set.labels = std::move(labels);
  set.source = "test";
  return set;
}

/// `rows` rows of each class, class by class.
inline std::vector<int64_t> labels_of(int64_t classes, int64_t rows) {
  std::vector<int64_t> labels;
  for (int64_t c = 0; c < classes; ++c) labels.insert(labels.end(), static_cast<size_t>(rows), c);
  return labels;
}

inline FeatureSet noise_set(int64_t classes, int64_t rows, int64_t width, uint64_t seed) {
  torch::manual_seed(seed);
  return set_of(torch::randn({classes * rows, width}), labels_of(classes, rows));
}

}  // namespace clipwright::eval::fewshot
