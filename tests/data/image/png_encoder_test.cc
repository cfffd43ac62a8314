#include "data/image/png_encoder.h"

#include <gtest/gtest.h>

#include "data/transform/transform.h"

namespace clipwright::data::image {
namespace {

TEST(PngEncoder, WhatIsWrittenIsReadBack) {
  // Beyond the 65,535 bytes of a stored block, and a single pixel.
  for (const auto& [width, height] : {std::pair(1, 1), {301, 97}, {3, 1000}}) {
    std::vector<uint8_t> rgb(static_cast<size_t>(3 * width * height));
    for (size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<uint8_t>(i * 7 + i / 251);
    const std::vector<std::byte> png = encode_png(rgb, width, height);
    transform::RgbImage image;
    EXPECT_EQ(transform::decode_rgb(png, image), "");
    EXPECT_EQ(image.width, width);
    EXPECT_EQ(image.height, height);
    EXPECT_EQ(image.pixels, rgb);
  }
}

}  // namespace
}  // namespace clipwright::data::image
