// The five row filters of PNG (ISO/IEC 15948, section 9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace clipwright::data::image {

/// Turns a filtered row into samples in place. `above` is the finished row before it (zeros for the
/// first), `distance` the bytes from a sample to the same one of the pixel to the left. False when
/// there is no such filter.
bool undo_filter(int filter, std::span<uint8_t> row, std::span<const uint8_t> above,
                 size_t distance);

}  // namespace clipwright::data::image
