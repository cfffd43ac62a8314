// How fast a model trains. benchmarks/peers measure the same work with the peers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/measurement.h"
#include "models/model_argument.h"

namespace clipwright::bench {

/// A whole training step (towers, loss, backward, AdamW) on given data.
struct TrainStepBenchmark {
  models::ModelArgument model = "ViT-B-32";
  std::string images;              ///< uint8 .npy (N, 3, S, S); empty: noise
  std::vector<std::string> texts;  ///< one file a text slot, a caption a line, N lines; empty:
                                   ///< made-up captions of CC3M-like lengths
  int64_t batch_size = 64;         ///< used when `images` is empty
  int text_slots = 1;              ///< used when `texts` is empty
  std::string objective;           ///< preset; empty: clip, or laclip-mt with several texts
  int warmup = 1, runs = 5;
  int threads = 0;
};
/// Pairs a second, views and texts made up where none are given. `check` holds the loss of each
/// step, which depends on the weights and data alone.
Measurement benchmark_train_step(const TrainStepBenchmark& options);

}  // namespace clipwright::bench
