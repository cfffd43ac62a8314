// What FILIP's loss costs, in time and memory.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// FILIP's loss with its gradients on random rows, `pairs` and twice as many (four times the work):
/// ours in tiles and the form that holds all similarities, whose results are compared first.
struct FilipBenchmark {
  int64_t pairs = 256;
  int64_t most_materialised = 512;  ///< pairs; 512 need 6 GB, four times as much with each doubling
  int runs = 5;
  int threads = 0;
};
/// For both, keeping 16 rows and all: seconds a step and the most MiB that its tensors held at once
/// beside its inputs. `check` holds the loss.
std::vector<Measurement> benchmark_filip(const FilipBenchmark& options);

}  // namespace clipwright::bench
