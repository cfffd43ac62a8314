// A ring of the latest texts' embeddings, and the search for the nearest of them.
#pragma once

#include <cstdint>
#include <string>

#include "tensor/tensor.h"

namespace clipwright::losses::terms {

/// (size, width) float32 rows of unit length in random directions: what a queue holds before texts.
Tensor random_queue(int64_t size, int64_t width, uint64_t seed);

/// What is wrong with rows for a queue, behind their name; empty: nothing. Those of half precision
/// are of unit length but for its rounding.
std::string flaw_of_queue(const Tensor& rows);

struct NearestRows {
  Tensor rows;  ///< int64 (N, count) on the texts' device: places in the queue, nearest first
  Tensor similarities;  ///< (N, count) in the texts' type
};
/// The `count` rows of `queue` (Q, E; any floating type) with the largest products with each of
/// `texts` (N, E), the lower place of equals; count is at most Q. The queue is read in tiles, so
/// neither N x Q products nor a copy of it in another type exist. No graph. The same bits for any
/// number of threads.
NearestRows nearest_rows(const Tensor& queue, const Tensor& texts, int64_t count = 1);

/// The queue's rows at `places` (N) in the type of `like`; of unit length again where the queue is
/// stored in another. (N, E), no graph.
Tensor queue_rows(const Tensor& queue, const Tensor& places, const Tensor& like);

/// Writes `rows` (R, E) at `position` and on, over the oldest, in the queue's type and around its
/// end; of more rows than the queue has the last ones stay where they came to lie. Returns where
/// the next row belongs. Throws Error(kInput) for a position that the queue does not have.
int64_t store_rows(Tensor queue, int64_t position, const Tensor& rows);

}  // namespace clipwright::losses::terms
