// Real sets that scikit-learn ships, and its own results on them (tests/golden/make_probe.py).
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/file.h"
#include "core/json.h"
#include "core/npy.h"
#include "eval/feature_set.h"

namespace clipwright::eval::probe {

inline const fs::path kGoldenProbe = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/probe";

inline Json golden_probe() {
  return parse_json(read_file(kGoldenProbe / "probe.json"), "probe.json");
}

struct GoldenSet {
  FeatureSet train, validation, test;
};

/// `kind`: float32 or float16, whose rows are other numbers and so another problem.
inline GoldenSet golden_set(const std::string& name, const std::string& kind) {
  const NpyArray rows = read_npy(kGoldenProbe / (name + "_rows.npy")),
                 labels = read_npy(kGoldenProbe / (name + "_labels.npy"));
  FeatureSet all;
  all.source = name;
  for (const int32_t label : labels.values<int32_t>()) all.labels.push_back(label);
  all.rows = torch::empty(rows.shape, torch::kFloat32);
  auto* to = all.rows.data_ptr<float>();
  if (rows.type == "|u1") {
    for (size_t i = 0; i < rows.bytes.size(); ++i) to[i] = static_cast<float>(rows.bytes[i]) / 16;
  } else {
    for (const float value : rows.values<float>()) *to++ = value;
  }
  if (kind == "float16") {
    if (rows.type == "|u1") all.rows = all.rows * 0.3F;  // sixteenths would stay what they are
    all.rows = all.rows.to(torch::kHalf).to(torch::kFloat32);
  }
  const int64_t count = all.size();
  const auto part = [&](int64_t first, int64_t end) {
    std::vector<int64_t> rows_of_part;
    for (int64_t i = first; i < end; ++i) rows_of_part.push_back(i);
    return pick(all, rows_of_part);
  };
  return {part(0, count / 2), part(count / 2, count * 3 / 4), part(count * 3 / 4, count)};
}

}  // namespace clipwright::eval::probe
