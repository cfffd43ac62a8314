// Attention over texts that lie end to end without padding: text n is rows offsets[n] ..
// offsets[n + 1).
#pragma once

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// softmax(q k^T / sqrt(D), causal) v for each text and head. `qkv` is (T, 3, H, D), `offsets`
/// int32 (N + 1) on the CPU, from 0 to T. Returns (T, H, D). Differentiable.
Tensor packed_causal_attention(const Tensor& qkv, const Tensor& offsets);

/// The same where every row sees its whole text: softmax(q k^T / sqrt(D)) v.
Tensor packed_full_attention(const Tensor& qkv, const Tensor& offsets);

/// The first for each text's last row only, the one whose feature is read: `query` (N, H, D),
/// `key_value` (T, 2, H, D). Returns (N, H, D).
Tensor packed_last_row_attention(const Tensor& query, const Tensor& key_value,
                                 const Tensor& offsets);

}  // namespace clipwright::tensor
