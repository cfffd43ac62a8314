// Fully connected layers and the activations between them, differentiable, on the fastest matrix
// products there are (tensor/gemm.h).
#pragma once

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// x W^T + b. `x` (R, I), `weight` (O, I), `bias` (O) or undefined. Returns (R, O).
Tensor linear_layer(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// A B for (R, I) and (I, O).
Tensor matrix_product(const Tensor& a, const Tensor& b);

/// x * sigmoid(1.702 x) in one pass.
Tensor quick_gelu(const Tensor& x);

}  // namespace clipwright::tensor
