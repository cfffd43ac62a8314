// How a training step chooses among the texts of a sample.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/captions/caption_table.h"

namespace clipwright::data::captions {

enum class CaptionPolicy { kOriginal, kUniform, kAll };

/// "original", "uniform", "all". Throws Error(kUsage) naming the nearest.
CaptionPolicy parse_caption_policy(std::string_view name);

/// How many texts a sample gives per step under a policy: 1, 1, or M + 1.
int texts_per_sample(CaptionPolicy policy, const CaptionTable& table);

/// The texts of one sample for one step. `kUniform` draws one of original and rewrites with equal
/// chance and falls back to the original when the draw has fewer than two pieces split on a single
/// space (LaCLIP's rule); `kAll` gives every slot, the original standing in for missing or too
/// short rewrites. The draw is keyed by (seed, "caption", epoch, sample key).
std::vector<std::string> choose_texts(CaptionPolicy policy, const CaptionTable& table,
                                      int64_t index, uint64_t seed, uint64_t epoch,
                                      std::string_view key);

}  // namespace clipwright::data::captions
