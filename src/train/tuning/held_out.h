// Pairs that are kept back from training.
#pragma once

#include <cstdint>
#include <memory>

#include "data/source/dataset.h"

namespace clipwright::train::tuning {

struct HeldOut {
  std::shared_ptr<const data::source::Dataset> training, held_out;
};

/// About `share` of the pairs, chosen by their keys and `seed`: the same pairs whatever the order
/// of the data, and all pairs of one picture on one side. Throws Error(kUsage) where either side
/// would be empty.
HeldOut hold_out(std::shared_ptr<const data::source::Dataset> pairs, double share, uint64_t seed);

}  // namespace clipwright::train::tuning
