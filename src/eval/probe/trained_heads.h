// Linear heads that are trained step by step, on features that stay the same.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "eval/probe/linear_head.h"

namespace clipwright::eval::probe {

/// CLIP_benchmark's probe: AdamW (beta 0.9, 0.999, epsilon 1e-8) on weights and bias alike, cosine
/// by step to zero, cross entropy.
struct AdamWOptions {
  int epochs = 10;
  double lr = 0.1;
  int64_t batch_size = 64;
  double weight_decay = 0;
  uint64_t seed = 0;
  torch::Device device = torch::kCPU;
};
/// `rows` (N, D) float32 with N from 1, `classes` (N) from 0 to K - 1, `start` (K, D + 1) float32:
/// weights with the bias as the last column. The head is (K, D) whatever K the classes reach.
/// Deterministic in its arguments. Rates so large that weights overflow give weights that are not
/// finite, which `score_head` counts. Throws Error(kInterrupted).
LinearHead train_adamw(const Tensor& rows, const std::vector<int64_t>& classes, const Tensor& start,
                       const AdamWOptions& options);
/// Evenly in +-1 / sqrt(D), as torch's linear layer starts: (K, D + 1) float32, keyed by `seed`.
Tensor uniform_start(int64_t classes, int64_t width, uint64_t seed);

/// StableRep's probe after MoCo v3 and DINO: a head for each base learning rate, all on the same
/// batches; SGD with momentum 0.9 and no weight decay, cosine by step to zero, peak lr = base lr *
/// batch / 256; the last incomplete batch of an epoch is left out.
struct SgdOptions {
  int epochs = 90;
  std::vector<double> base_lrs{.001, .002, .005, .01, .02, .05, .1, .2, .3, .5};
  int64_t batch_size = 1024;
  bool batch_norm = false;  ///< before the head, without scale and shift (epsilon 1e-6)
  uint64_t seed = 0;
  torch::Device device = torch::kCPU;
};
/// One head (K, D) for each of `base_lrs`, with K = `count`, on `rows` (N, D) float32 with N from 1
/// and `classes` (N) from 0 to K - 1. Weights start normal with deviation 0.01, biases at zero;
/// heads come out for rows as they are given, with batch normalisation folded in. Fewer rows than a
/// batch are one batch. Deterministic; weights that overflow as above. Throws Error(kInterrupted).
std::vector<LinearHead> train_sgd(const Tensor& rows, const std::vector<int64_t>& classes,
                                  int64_t count, const SgdOptions& options);

}  // namespace clipwright::eval::probe
