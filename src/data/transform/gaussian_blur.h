// Pillow's Gaussian blur: three box blurs along each axis (Gwosdek, Grewenig, Bruhn, Weickert,
// "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering", 2011).
#pragma once

#include <cstdint>
#include <vector>

#include "data/transform/rgb_planes.h"

namespace clipwright::data::transform {

/// A box of 2 * radius + 1 pixels, and beside it one on each side that counts for less; weights
/// have 24 fractional bits.
struct ExtendedBox {
  int radius;
  uint32_t inner, outer;
};

/// The box of which three passes blur as a Gaussian of standard deviation `radius` pixels.
ExtendedBox extended_box(double radius);

/// Blurs pictures in place, bit-equal to ImageFilter.GaussianBlur(radius); keeps its scratch
/// memory. Pixels beyond the border are those at it. A radius of 0 leaves the picture as it is.
class GaussianBlur {
 public:
  /// The largest radius; past it sums would not fit their registers.
  static constexpr double kMostRadius = 60;

  void operator()(const RgbPlanes& picture, double radius);

 private:
  void across(const uint8_t* row, int width, const ExtendedBox& box, uint8_t* out);

  std::vector<uint8_t> first_, second_, line_, other_line_;
  std::vector<const uint8_t*> taps_;
};

}  // namespace clipwright::data::transform
