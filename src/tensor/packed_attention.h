// Attention over texts that lie end to end without padding: text n is rows offsets[n] ..
// offsets[n + 1).
#pragma once

#include <optional>

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// Where the texts of a batch lie, and what attention needs of that: made once, read by every
/// layer.
class Packing {
 public:
  /// `offsets` int32 (N + 1) on the CPU, from 0 to T. Elsewhere than on the CPU attention runs over
  /// texts that are padded to the longest, with the device's own kernels; the indices for that are
  /// brought to `device` here. `pad` asks for it on the CPU too.
  Packing(const Tensor& offsets, torch::Device device = torch::kCPU, bool pad = false);

  struct Padding {
    Tensor rows;    ///< int64 (N * L), the packed row that fills a padded place; 0 where none does
    Tensor places;  ///< int64 (T), the padded place of each packed row
    Tensor real;    ///< bool (N, 1, 1, L): places that hold a token
    int64_t texts, length;
  };
  const Tensor& offsets() const { return offsets_; }
  const std::optional<Padding>& padding() const { return padding_; }

 private:
  Tensor offsets_;
  std::optional<Padding> padding_;
};

/// softmax(q k^T / sqrt(D), causal) v for each text and head. `qkv` is (T, 3, H, D), on the device
/// of `packing`. Returns (T, H, D). Differentiable.
Tensor packed_causal_attention(const Tensor& qkv, const Packing& packing);

/// The same where every row sees its whole text: softmax(q k^T / sqrt(D)) v.
Tensor packed_full_attention(const Tensor& qkv, const Packing& packing);

/// The first for each text's last row only, the one whose feature is read: `query` (N, H, D),
/// `key_value` (T, 2, H, D). Returns (N, H, D).
Tensor packed_last_row_attention(const Tensor& query, const Tensor& key_value,
                                 const Packing& packing);

}  // namespace clipwright::tensor
