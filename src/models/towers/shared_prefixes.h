// Texts that begin alike: in a causal tower a token's row depends on what stands before it and on
// nothing else, so a beginning that several texts share has one row a token for all of them.
#pragma once

#include "tensor/tensor.h"

namespace clipwright::models::towers {

/// Packed ids (T) with offsets (N + 1) as a tree of U <= T rows. All int64 on the CPU.
struct SharedPrefixes {
  Tensor ids, positions;  ///< (U) the token of each row and its place in its texts
  Tensor row_of;          ///< (T) the row of each packed token
  Tensor first_of;        ///< (U) the first packed token that each row stands for
  Tensor last;            ///< (N) the row of each text's last token

  int64_t rows() const { return ids.size(0); }
};

/// `ids` int64 (T) and `offsets` int32 (N + 1) on the CPU.
SharedPrefixes share_prefixes(const Tensor& ids, const Tensor& offsets);

}  // namespace clipwright::models::towers
