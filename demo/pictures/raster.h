// Small pictures with transparency: what sprites, clip art and stamps are before they become
// scenes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace clipwright::demo::pictures {

using Rgb = std::array<uint8_t, 3>;

/// (height, width, 4) bytes, RGBA, colours already multiplied by alpha.
struct Raster {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;

  Raster() = default;
  Raster(int width, int height)
      : width(width), height(height), pixels(static_cast<size_t>(width) * height * 4) {}
  uint8_t* at(int x, int y) { return pixels.data() + (static_cast<size_t>(y) * width + x) * 4; }
  const uint8_t* at(int x, int y) const {
    return pixels.data() + (static_cast<size_t>(y) * width + x) * 4;
  }
};

/// Decodes a PNG. A damaged or oversized file gives an empty picture and a reason in `error`.
Raster decode_png(std::span<const std::byte> file, std::string* error);
/// An RGB PNG of a picture without transparency; the same bytes for the same pixels.
std::string encode_png(const Raster& picture);

/// The part that is not fully transparent; an empty picture when nothing is.
Raster trim(const Raster& picture);
/// Left and right exchanged.
Raster mirror(const Raster& picture);
/// Each pixel of the result is the average of the area it covers. For making pictures smaller.
Raster shrink(const Raster& picture, int width, int height);
/// Shrinks so that the longer side is `side` pixels.
Raster shrink_to(const Raster& picture, int side);
/// Lays `sprite` over `canvas` with its top left corner at (x, y); what sticks out is cut off.
void draw(const Raster& sprite, int x, int y, Raster& canvas);
/// One opaque colour.
Raster plain(int width, int height, Rgb colour);

}  // namespace clipwright::demo::pictures
