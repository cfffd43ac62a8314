// Fresh weights, drawn as the references draw them (open_clip; LaCLIP's timm-style rules), keyed by
// seed and tensor name.
#pragma once

#include <cstdint>
#include <string>

#include "models/config.h"
#include "tensor/tensor.h"

namespace clipwright::models {

/// Fills the tensor that files call `name`. Normalisation weights stay 1 and their biases 0.
void initialize_tensor(const ModelConfig& config, const std::string& name, Tensor tensor,
                       uint64_t seed);

/// Standard deviation of a class token's first values.
double class_token_deviation(const VisionConfig& vision);

}  // namespace clipwright::models
