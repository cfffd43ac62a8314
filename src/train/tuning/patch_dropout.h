// Patch dropout (FLIP, Li et al. 2022, arXiv 2212.00794): a training step looks at some of a
// picture's patches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/config.h"
#include "tensor/tensor.h"

namespace clipwright::train::tuning {

class PatchDropout {
 public:
  /// Drops `share` of the patches, as open_clip rounds: max(1, floor(P (1 - share))) are kept. A
  /// share of 0 drops nothing. Throws Error(kUsage) for a tower without patches.
  PatchDropout(double share, const models::VisionConfig& vision, uint64_t seed);

  bool drops() const { return share_ > 0; }
  int64_t patches() const { return patches_; }
  int64_t kept() const { return kept_; }

  /// int64 (N, K): the patches kept of each sample's picture in one view, ascending; keyed by
  /// (seed, "patches <view>", epoch, the sample's key), so they do not depend on batch or threads.
  Tensor draw(const std::vector<std::string>& keys, int64_t epoch, size_t view) const;

 private:
  double share_;
  uint64_t seed_;
  int64_t patches_ = 0, kept_ = 0;
};

}  // namespace clipwright::train::tuning
