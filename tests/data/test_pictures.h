// Small pictures for tests, encoded with libpng itself.
#pragma once

#include <png.h>

#include <cstdint>
#include <string>
#include <vector>

namespace clipwright::data {

/// A size x size PNG whose pixels differ from picture to picture.
inline std::string test_png(int number, int size = 40) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      pixels.push_back(static_cast<uint8_t>(x * 5 + number * 17));
      pixels.push_back(static_cast<uint8_t>(y * 3 + number * 7));
      pixels.push_back(static_cast<uint8_t>((x ^ y) + number));
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(size);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t bytes = 0;
  png_image_write_to_memory(&image, nullptr, &bytes, 0, pixels.data(), 0, nullptr);
  std::string encoded(bytes, '\0');
  png_image_write_to_memory(&image, encoded.data(), &bytes, 0, pixels.data(), 0, nullptr);
  encoded.resize(bytes);
  return encoded;
}

}  // namespace clipwright::data
