// A picture as a PNG in memory, for parts of pictures that go the same way as whole files.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clipwright::data::image {

/// `rgb` is (height, width, 3). The pixels are stored without compression: what is read back at
/// once need not be small.
std::vector<std::byte> encode_png(std::span<const uint8_t> rgb, int width, int height);

}  // namespace clipwright::data::image
