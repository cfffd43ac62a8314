// The mean over classes of the share of their pictures that are right.
#pragma once

#include <optional>
#include <span>

namespace clipwright::eval::scores {

/// Mean recall of the classes that occur in `labels`, as scikit-learn's balanced_accuracy_score and
/// CLIP_benchmark's mean_per_class_recall: a class without pictures is left out, not counted as 0.
/// None without pictures. `labels` from 0, as many as `predicted`.
std::optional<double> balanced_accuracy(std::span<const int> labels,
                                        std::span<const int> predicted);

}  // namespace clipwright::eval::scores
