// First values of what terms own, keyed by seed and name.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace clipwright::losses {

/// Uniform in +-half.
Tensor drawn_uniform(torch::IntArrayRef shape, double half, uint64_t seed, const std::string& name);
/// Normal around zero.
Tensor drawn_normal(torch::IntArrayRef shape, double deviation, uint64_t seed,
                    const std::string& name);

}  // namespace clipwright::losses
