// A picture as three planes of bytes, as a batch holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error.h"

namespace clipwright::data::transform {

/// (3, height, width) bytes of someone else's: red, green, blue.
class RgbPlanes {
 public:
  RgbPlanes(std::span<uint8_t> chw, int width, int height)
      : first_(chw.data()), width_(width), height_(height) {
    CW_CHECK(width > 0 && height > 0 && chw.size() == 3 * pixels(),
             "planes of a picture: 3 x height x width bytes");
  }

  int width() const { return width_; }
  int height() const { return height_; }
  size_t pixels() const { return static_cast<size_t>(width_) * static_cast<size_t>(height_); }
  /// 0 red, 1 green, 2 blue.
  uint8_t* plane(size_t channel) const { return first_ + channel * pixels(); }
  uint8_t* row(size_t channel, int y) const {
    return plane(channel) + static_cast<size_t>(y) * static_cast<size_t>(width_);
  }

 private:
  uint8_t* first_;
  int width_, height_;
};

}  // namespace clipwright::data::transform
