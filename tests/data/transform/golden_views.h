// What Pillow and torchvision make of the colour operations of views (written by
// tests/golden/make_views.py).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/npy.h"
#include "data/transform/rgb_planes.h"
#include "tests/data/golden_pictures.h"

namespace clipwright::data::transform {

inline std::filesystem::path golden_view_folder() {
  return std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/views";
}

inline const Json& golden_views() {
  static const Json views = read_json(golden_view_folder() / "expected.json");
  return views;
}

/// A picture with its own memory.
struct OwnPlanes {
  std::vector<uint8_t> bytes;
  int width, height;

  RgbPlanes planes() { return {bytes, width, height}; }
};

inline OwnPlanes golden_view_picture(const std::string& name) {
  NpyArray stored = read_npy(golden_view_folder() / (name + ".npy"));
  return {std::move(stored.bytes), static_cast<int>(stored.shape.at(2)),
          static_cast<int>(stored.shape.at(1))};
}

/// The picture of all 2^24 colours: red is the slowest, blue the fastest.
inline OwnPlanes every_colour() {
  constexpr size_t kColours = size_t{1} << 24;
  OwnPlanes every{std::vector<uint8_t>(3 * kColours), 4096, 4096};
  for (size_t i = 0; i < kColours; ++i) {
    every.bytes[i] = static_cast<uint8_t>(i >> 16);
    every.bytes[kColours + i] = static_cast<uint8_t>(i >> 8);
    every.bytes[2 * kColours + i] = static_cast<uint8_t>(i);
  }
  return every;
}

}  // namespace clipwright::data::transform
