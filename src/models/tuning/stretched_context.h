// A model with a longer text context than it was trained with.
#pragma once

#include <cstdint>
#include <memory>

#include "models/clip.h"

namespace clipwright::models::tuning {

/// Positions (L, W) for a context of `length` > L tokens, as Long-CLIP makes them (Zhang et al.
/// 2024, arXiv 2403.15378, section 3.1): the first 20, which are well trained, stay; those behind
/// them are interpolated linearly at the places 20 + (p - 20) (L - 20) / (length - 20), and beyond
/// the last known one extrapolated by the last two.
Tensor stretched_positions(const Tensor& positions, int64_t length);

/// The model with `length` tokens of context. Said in the log. Throws Error(kUsage) for a context
/// that is not longer than the model's, and for a model with less than 22 positions.
std::shared_ptr<Clip> with_context_length(const Clip& model, int64_t length);

}  // namespace clipwright::models::tuning
