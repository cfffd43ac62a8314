#include "train/tuning/patch_dropout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::train::tuning {

PatchDropout::PatchDropout(double share, const models::VisionConfig& vision, uint64_t seed)
    : share_(share), seed_(seed) {
  if (share == 0) return;
  if (!vision.resnet_layers.empty()) {
    fail_usage("--force-patch-dropout drops patches, and a ResNet has none",
               "a vision transformer, or no --force-patch-dropout");
  }
  const int64_t grid = vision.image_size / vision.patch_size;
  patches_ = grid * grid;
  kept_ = std::max<int64_t>(
      1, static_cast<int64_t>(std::floor(static_cast<double>(patches_) * (1 - share))));
}

Tensor PatchDropout::draw(const std::vector<std::string>& keys, int64_t epoch, size_t view) const {
  CW_CHECK(drops(), "nothing is dropped");
  const auto pictures = static_cast<int64_t>(keys.size());
  Tensor kept = torch::empty({pictures, kept_}, torch::kInt64);
  std::vector<int64_t> order(static_cast<size_t>(patches_));
  for (int64_t n = 0; n < pictures; ++n) {
    Random random(seed_, "patches " + std::to_string(view), static_cast<uint64_t>(epoch),
                  std::string_view(keys[static_cast<size_t>(n)]));
    std::iota(order.begin(), order.end(), 0);
    // The first places of a shuffle.
    for (int64_t i = 0; i < kept_; ++i) {
      const auto left = static_cast<uint64_t>(patches_ - i);
      std::swap(order[static_cast<size_t>(i)],
                order[static_cast<size_t>(i + static_cast<int64_t>(random.below(left)))]);
    }
    std::sort(order.begin(), order.begin() + kept_);
    std::copy(order.begin(), order.begin() + kept_, kept.data_ptr<int64_t>() + n * kept_);
  }
  return kept;
}

}  // namespace clipwright::train::tuning
