// LoRA (Hu et al. 2021, arXiv 2106.09685): a matrix W (out, in) that stays, and beside it the
// product of two thin ones that is learned: y = W x + scale * B A x.
#pragma once

#include "tensor/tensor.h"

namespace clipwright::models::towers {

struct LowRank {
  Tensor a;          ///< (r, in)
  Tensor b;          ///< (out, r), zero at the start: then nothing is added
  double scale = 0;  ///< alpha / r

  bool defined() const { return a.defined(); }
  /// Rows x (R, in) to what is added to theirs, (R, out).
  Tensor operator()(const Tensor& x) const;
  /// What is added to the matrix, (out, in): in float64, so that rounding it is the only error.
  Tensor product() const;
};

/// `rows` (R, sum of the parts' out) with what each part adds to its columns; the parts' widths are
/// all `width`. As they are where no part is defined.
Tensor with_low_rank(const Tensor& rows, const Tensor& x, int64_t width,
                     std::initializer_list<const LowRank*> parts);

}  // namespace clipwright::models::towers
