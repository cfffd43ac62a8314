// The cross entropy of a linear classifier over many rows, with its gradient, in blocks of rows.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace clipwright::eval::probe {

/// Sums over rows.
struct CrossEntropySums {
  double loss = 0;
  Tensor weight;     ///< (K, R) float64: gradient of the loss
  Tensor bias;       ///< (K) float64
  Tensor curvature;  ///< (K) float64: sum of p (1 - p), where asked for
};

/// `rows` (N, R) float32, `classes` (N, 1) int64; `weight` (K, R) and `bias` (K) float64, on one
/// device. K = 1 tells two classes apart by the sign. Products are in `precision` (float32 or
/// float64), sums over rows in float64. The result does not depend on the size of blocks but for
/// rounding.
CrossEntropySums cross_entropy_sums(const Tensor& rows, const Tensor& classes, const Tensor& weight,
                                    const Tensor& bias, torch::ScalarType precision,
                                    bool with_curvature);

}  // namespace clipwright::eval::probe
