// Rows in the coordinates of their principal components.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace clipwright::eval::probe {

struct PrincipalAxes {
  Tensor mean;      ///< (D) float64
  Tensor rotation;  ///< (D, R) float64, orthonormal columns; undefined: the dimensions themselves
  Tensor kept;      ///< (R) int64: columns of the rotated rows that vary at all
  Tensor variance;  ///< (R) float64 of each kept column
  Tensor rows;      ///< (N, R) float32

  /// Weights (K, D) float64 for rows as they come, from those for rotated rows (K, R).
  Tensor weight_for_rows(const Tensor& rotated_weight) const;
};

/// `rows` (N, D) float32 on the CPU. Constant directions are dropped: they tell nothing apart, and
/// a penalised weight on them is zero. Above 2,048 dimensions the axes are the dimensions, since
/// the decomposition would cost more than it saves.
PrincipalAxes principal_axes(const Tensor& rows);

}  // namespace clipwright::eval::probe
