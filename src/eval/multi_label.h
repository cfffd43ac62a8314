// Zero-shot classification of pictures that may have several classes (Pascal VOC 2007).
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "eval/scores/average_precision.h"

namespace clipwright::eval {

struct MultiLabelResult {
  int64_t pictures = 0;  ///< that were scored
  int64_t bad = 0;       ///< that could not be read and are left out
  scores::AveragePrecision precision;

  /// {"mean_average_precision"}, as CLIP_benchmark.
  Json metrics() const;
};

/// Pictures whose `label_vector` has a number for each class name, zero where the class is not
/// there. Scores are cosines, without a softmax over the classes. Throws as evaluate_zeroshot.
MultiLabelResult evaluate_multi_label(models::Clip& model, const data::source::Dataset& pictures,
                                      const std::vector<std::string>& classnames,
                                      const std::vector<std::string>& templates,
                                      const EvalOptions& options = {});

}  // namespace clipwright::eval
