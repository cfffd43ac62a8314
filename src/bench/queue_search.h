// How long the search for nearest texts in DeCLIP's queue takes.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// The search that a step of `pairs` pairs makes in a full queue: both text views of each pair
/// among `queue` remembered texts, all random rows of unit length. Sources: Li et al. 2022 (the
/// queue's size), ViT-B/32 (the width).
struct QueueSearchBenchmark {
  int64_t pairs = 32;
  int64_t queue = 65536, width = 512;
  int runs = 5;
  int threads = 0;
};
/// Seconds a step's search. `check`: the share of neighbours that equal those of the whole matrix
/// of products, which is 1 or the benchmark throws.
std::vector<Measurement> benchmark_queue_search(const QueueSearchBenchmark& options);

}  // namespace clipwright::bench
