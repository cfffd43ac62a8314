// The global norm of all gradients, and clipping to it.
#pragma once

#include "tensor/parameter_table.h"

namespace clipwright::optim {

/// The L2 norm of all gradients together, a scalar tensor on their device. Above a positive
/// `max_norm` every gradient is scaled by max_norm / (norm + 1e-6), as the references do. Returns
/// the norm before scaling; parameters without a gradient do not count.
Tensor clip_gradients(const tensor::ParameterTable& parameters, double max_norm = 0);

}  // namespace clipwright::optim
