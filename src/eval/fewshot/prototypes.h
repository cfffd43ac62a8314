// Nearest-prototype classification of an episode (Snell et al. 2017), in the two ways in which
// features of frozen models are evaluated.
#pragma once

#include "eval/feature_set.h"
#include "eval/fewshot/episodes.h"

namespace clipwright::eval::fewshot {

enum class PrototypeRule {
  /// El Banani et al. 2023: the mean of the support is taken from every row, rows are brought to
  /// length one, a class is the mean of its rows (not brought to length one), the nearest by
  /// Euclidean distance wins.
  kCentredUnit,
  /// Ericsson et al. 2021: features as they are, squared Euclidean distance.
  kRaw,
};

/// Share of the episode's queries whose class is the nearest, in [0, 1]; computed in double, of
/// equally near classes the lowest wins. `support` and `queries` (N, D) are what the episode's rows
/// point into.
double prototype_accuracy(const FeatureSet& support, const FeatureSet& queries,
                          const Episode& episode, PrototypeRule rule);

}  // namespace clipwright::eval::fewshot
