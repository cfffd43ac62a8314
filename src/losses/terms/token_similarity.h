// How well the rows of one thing fit the rows of another: the mean of the largest similarities
// (FILIP, Yao et al. 2021, section 3.1), for all pairs of many things at once.
//
// The similarities of all rows with all rows, (A, P, B, L) when padded, never exist: a tile of
// things on each side is one matrix product whose result is reduced while it lies in the cache.
// What stays is which row was the largest, a byte each (two where a thing has more than 256 rows):
// A B P + A B L bytes of the 4 A B P max(L) of the product alone.
#pragma once

#include <utility>

#include "tensor/tensor.h"

namespace clipwright::losses::terms {

/// Things that consist of rows (the patches of pictures, the tokens of texts), end to end: thing g
/// is rows offsets[g] .. offsets[g + 1), at least one.
struct RowGroups {
  Tensor rows;     ///< (R, D)
  Tensor offsets;  ///< int32 (G + 1) on the CPU
  /// The rows that the other side is compared with: thing g's are kept[kept_offsets[g]] ..
  /// kept[kept_offsets[g + 1] - 1], ascending, at least one of each thing.
  Tensor kept;          ///< int32 (K) on the CPU
  Tensor kept_offsets;  ///< int32 (G + 1) on the CPU
};

/// Aborts unless both are as described and fit each other.
void check_groups(const RowGroups& a, const RowGroups& b);

/// `rows` with every row kept.
RowGroups all_kept(const Tensor& rows, const Tensor& offsets);

/// Two (A, B), differentiable in both sides' rows (float32 or float64; the choice of the largest,
/// the first of equals, carries no gradient). The first: for a and b the mean over all rows of a of
/// the largest product with a kept row of b. The second: the mean over all rows of b of the largest
/// product with a kept row of a. The same bits for any number of threads.
std::pair<Tensor, Tensor> token_similarity(const RowGroups& a, const RowGroups& b);

/// The first alone and without a graph, as scoring reads it: one direction's work, and no record of
/// who was the largest.
Tensor similarity_over_rows(const RowGroups& a, const RowGroups& b);

/// Both by operations of the tensor library, a few things of `b` at a time, computed again in the
/// backward pass: what other devices than the processor use.
std::pair<Tensor, Tensor> token_similarity_by_operations(const RowGroups& a, const RowGroups& b);
Tensor similarity_over_rows_by_operations(const RowGroups& a, const RowGroups& b);

}  // namespace clipwright::losses::terms
