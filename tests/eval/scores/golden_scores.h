// tests/golden/scores: what peers make of small random scores (make_scores.py).
#pragma once

#include <string>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "tensor/tensor.h"

namespace clipwright::eval::scores {

inline Json golden_scores(const std::string& name) {
  return read_json(fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/scores" / (name + ".json"));
}

/// A list of lists of numbers as (rows, columns) in float32.
inline Tensor matrix(const Json& rows) {
  std::vector<float> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(value.get<float>());
  }
  return torch::tensor(values).view({static_cast<int64_t>(rows.size()), -1});
}

}  // namespace clipwright::eval::scores
