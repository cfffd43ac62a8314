// Colour arithmetic in Pillow's integer formulas.
#pragma once

#include <cstddef>
#include <cstdint>

#include "data/image/image.h"

namespace clipwright::data::image {

/// R G B A to R*A G*A B*A A, `pixels` of four bytes in place: what is interpolated when a picture
/// has transparency.
void premultiply(uint8_t* row, int pixels);

/// Converts `pixels` pixels of a row to RGB and stores them in three planes. `premultiplied`: undo
/// `premultiply` first. Alpha is then dropped, not blended; 16-bit grey is clamped to 255, not
/// scaled.
void store_planes(const uint8_t* row, int pixels, PixelKind kind, bool premultiplied, uint8_t* red,
                  uint8_t* green, uint8_t* blue);

}  // namespace clipwright::data::image
