// Decoding by hand, for tests of single formats.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/random.h"
#include "data/image/image_decoder.h"
#include "data/transform/transform.h"
#include "tests/data/golden_pictures.h"

namespace clipwright::data::image {

/// Why the bytes are refused, or an empty string.
inline std::string problem_of(std::string_view bytes) {
  transform::RgbImage image;
  return transform::decode_rgb(std::as_bytes(std::span(bytes.data(), bytes.size())), image);
}

/// Every golden picture of a format must decode to Pillow's RGB pixels.
inline void expect_pillow_pixels(std::string_view prefix, size_t at_least) {
  const std::vector<GoldenPicture> pictures = golden_pictures(prefix);
  ASSERT_GE(pictures.size(), at_least);
  for (const GoldenPicture& picture : pictures) {
    transform::RgbImage image;
    EXPECT_EQ(transform::decode_rgb(picture.view(), image), "") << picture.name;
    EXPECT_EQ(image.width, picture.expected["width"]) << picture.name;
    EXPECT_EQ(image.height, picture.expected["height"]) << picture.name;
    EXPECT_EQ(sha256_hex(image.pixels), picture.expected["sha256"])
        << picture.name << " differs from Pillow";
  }
}

inline std::vector<uint8_t> pixels_of(const Image& image, const Crop& part) {
  const size_t width = static_cast<size_t>(part.width) * Image::bytes_a_pixel(image.kind());
  std::vector<uint8_t> pixels;
  for (int y = part.y; y < part.y + part.height; ++y) {
    const uint8_t* row =
        image.row(y) + static_cast<size_t>(part.x) * Image::bytes_a_pixel(image.kind());
    pixels.insert(pixels.end(), row, row + width);
  }
  return pixels;
}

/// Decoding a part must give the pixels that decoding the whole gives there.
inline void expect_regions_equal_whole(std::string_view prefix, int tries) {
  ImageReader reader;
  Image whole, part;
  std::string problem;
  for (const GoldenPicture& picture : golden_pictures(prefix)) {
    ImageDecoder* decoder = reader.open(picture.view(), problem);
    ASSERT_NE(decoder, nullptr) << problem;
    const int width = decoder->width(), height = decoder->height();
    ASSERT_EQ(decoder->decode({0, 0, width, height}, whole), "");
    Random random(1, "regions", 0, picture.name);
    for (int i = 0; i < tries; ++i) {
      Crop region;
      region.width = 1 + static_cast<int>(random.below(static_cast<uint64_t>(width)));
      region.height = 1 + static_cast<int>(random.below(static_cast<uint64_t>(height)));
      region.x = static_cast<int>(random.below(static_cast<uint64_t>(width - region.width) + 1));
      region.y = static_cast<int>(random.below(static_cast<uint64_t>(height - region.height) + 1));
      ASSERT_EQ(reader.open(picture.view(), problem), decoder);
      ASSERT_EQ(decoder->decode(region, part), "");
      ASSERT_EQ(part.width(), region.width);
      ASSERT_EQ(part.height(), region.height);
      // X of RGBX is not compared: nobody reads it.
      std::vector<uint8_t> expected = pixels_of(whole, region),
                           found = pixels_of(part, {0, 0, region.width, region.height});
      if (part.kind() == PixelKind::kColour) {
        for (size_t k = 3; k < expected.size(); k += 4) expected[k] = found[k] = 0;
      }
      ASSERT_EQ(found, expected) << picture.name << " region " << region.x << ',' << region.y << ' '
                                 << region.width << 'x' << region.height;
    }
  }
}

}  // namespace clipwright::data::image
