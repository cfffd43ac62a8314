// How long a zero-shot classifier takes to build.
#pragma once

#include <cstdint>
#include <string>

#include "bench/measurement.h"
#include "models/model_argument.h"

namespace clipwright::bench {

/// ImageNet's names with its 80 prompts through the text tower. benchmarks/peers/zeroshot_head.py
/// measures the same.
struct ZeroshotHeadBenchmark {
  models::ModelArgument model = "ViT-B-32";
  int64_t classes = 100;     ///< the first of the thousand
  int64_t batch_size = 512;  ///< prompts at once
  std::string output;        ///< .npy for the classifier (C, E); empty: not written
  int warmup = 0, runs = 3;
  int threads = 0;
};
/// Prompts a second. `check` holds how many there are and the file. Throws Error(kUsage) for a
/// number of classes that is not from 1 to 1,000.
Measurement benchmark_zeroshot_head(const ZeroshotHeadBenchmark& options);

}  // namespace clipwright::bench
