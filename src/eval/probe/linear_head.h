// A linear classifier and how well it does.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eval/feature_set.h"

namespace clipwright::eval::probe {

/// The classes that occur in training, which are those a probe can answer.
class KnownClasses {
 public:
  /// Throws Error(kInput) where there are fewer than two.
  explicit KnownClasses(const FeatureSet& train);

  int64_t size() const { return static_cast<int64_t>(labels_.size()); }
  /// The label of the class at `index`.
  int64_t label(int64_t index) const { return labels_[static_cast<size_t>(index)]; }
  /// Index of each label, -1 for one that training does not have.
  std::vector<int64_t> indices(const std::vector<int64_t>& labels) const;

 private:
  std::vector<int64_t> labels_;  // rising
};

struct LinearHead {
  Tensor weight;  ///< (K, D) float64 on the CPU, for features as they come
  Tensor bias;    ///< (K)

  /// (N, K) float64 of `rows` (N, D).
  Tensor scores(const Tensor& rows) const;
};

struct ProbeScore {
  double acc1 = 0, acc5 = 0;         ///< shares in [0, 1]
  double mean_per_class_recall = 0;  ///< over the classes that occur
  /// Classes that score above the right one; -1 where training lacks it or scores are not finite.
  std::vector<int> rank;
  int64_t not_finite = 0;  ///< rows with scores that are not finite: wrong
};

/// `rows` (N, D) of the head's width, as in a FeatureSet; `classes` (N): index of each row's class
/// in the head, -1 for a class that the head does not know, which is never right; `labels` (N) tell
/// such classes apart. Of equal scores the lowest class wins. Without rows every share is zero.
/// Aborts where `classes` or `labels` are not one a row; of widths the callers take care
/// (`check_same_width`).
ProbeScore score_head(const LinearHead& head, const Tensor& rows,
                      const std::vector<int64_t>& classes, const std::vector<int64_t>& labels);

}  // namespace clipwright::eval::probe
