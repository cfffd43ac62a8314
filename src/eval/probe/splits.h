// Parts of a training set.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "eval/feature_set.h"

namespace clipwright::eval::probe {

/// What is left to train on, and what is held out: `share` of all rows at random, or of the rows of
/// each class (rounded down). Keyed by `seed` and row number. Throws Error(kInput) where a part
/// would have no rows.
std::pair<FeatureSet, FeatureSet> hold_out(const FeatureSet& train, double share, bool each_class,
                                           uint64_t seed);

/// `k` random rows of each class. Throws Error(kInput) naming a class that has fewer.
FeatureSet few_of_each_class(const FeatureSet& train, int64_t k, uint64_t seed);

}  // namespace clipwright::eval::probe
