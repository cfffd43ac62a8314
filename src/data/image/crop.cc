#include "data/image/crop.h"

#include <algorithm>
#include <cmath>

namespace clipwright::data::image {
namespace {

constexpr double kNarrowest = 3.0 / 4.0;
constexpr double kWidest = 4.0 / 3.0;

/// To the nearest integer, halves to even, which is what Python's round does.
int64_t round_half_even(double value) { return static_cast<int64_t>(std::nearbyint(value)); }

}  // namespace

Crop draw_crop(int width, int height, double scale_min, double scale_max, Random& random) {
  const double area = static_cast<double>(width) * height;
  const double log_min = std::log(kNarrowest), log_max = std::log(kWidest);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * (scale_min + (scale_max - scale_min) * random.uniform());
    const double aspect = std::exp(log_min + (log_max - log_min) * random.uniform());
    const int64_t w = round_half_even(std::sqrt(target * aspect));
    const int64_t h = round_half_even(std::sqrt(target / aspect));
    if (w <= 0 || w > width || h <= 0 || h > height) continue;
    const int y = static_cast<int>(random.below(static_cast<uint64_t>(height - h) + 1));
    const int x = static_cast<int>(random.below(static_cast<uint64_t>(width - w) + 1));
    return {x, y, static_cast<int>(w), static_cast<int>(h)};
  }
  int w = width, h = height;
  const double aspect = static_cast<double>(width) / height;
  if (aspect < kNarrowest) {
    h = std::min<int>(height, static_cast<int>(round_half_even(w / kNarrowest)));
  } else if (aspect > kWidest) {
    w = std::min<int>(width, static_cast<int>(round_half_even(h * kWidest)));
  }
  return {(width - w) / 2, (height - h) / 2, w, h};
}

Crop center_window(int width, int height, int size) {
  return {static_cast<int>(round_half_even((width - size) / 2.0)),
          static_cast<int>(round_half_even((height - size) / 2.0)), size, size};
}

Extent scale_shorter_side(int width, int height, int size) {
  const auto longer = [size](int long_side, int short_side) {
    return static_cast<int64_t>(static_cast<double>(int64_t{size} * long_side) / short_side);
  };
  if (width <= height) return {size, longer(height, width)};
  return {longer(width, height), size};
}

}  // namespace clipwright::data::image
