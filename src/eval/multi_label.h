// Zero-shot classification of pictures that may have several classes (Pascal VOC 2007).
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "eval/sample_outcomes.h"
#include "eval/scores/average_precision.h"

namespace clipwright::eval {

struct MultiLabelResult {
  int64_t pictures = 0;  ///< that were scored
  int64_t bad = 0;       ///< that could not be read and are left out
  scores::AveragePrecision precision;
  Tensor by_picture;              ///< (pictures, C), as scores::precision_by_picture
  std::vector<std::string> keys;  ///< of each picture that was scored

  /// {"mean_average_precision"}, as CLIP_benchmark.
  Json metrics() const;
  /// A row a picture, of no class: "mean_average_precision", then "average_precision_<label>" for
  /// each class. Values that only a mean makes sense of.
  SampleOutcomes samples() const;
};

/// Pictures whose `label_vector` has a number for each class name, zero where the class is not
/// there. Scores are cosines, without a softmax over the classes. Throws as evaluate_zeroshot.
MultiLabelResult evaluate_multi_label(models::Clip& model, const data::source::Dataset& pictures,
                                      const std::vector<std::string>& classnames,
                                      const std::vector<std::string>& templates,
                                      const EvalOptions& options = {});

}  // namespace clipwright::eval
