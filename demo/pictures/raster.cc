#include "demo/pictures/raster.h"

#include <png.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace clipwright::demo::pictures {
namespace {

constexpr int64_t kMaxPixels = 64'000'000;

/// How far each target pixel reaches into the source: weights of source cells first .. first + n.
struct Reach {
  int first;
  std::vector<float> weights;
};

std::vector<Reach> reaches(int from, int to) {
  std::vector<Reach> all(static_cast<size_t>(to));
  const double scale = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double start = i * scale, end = std::min<double>((i + 1) * scale, from);
    Reach& reach = all[static_cast<size_t>(i)];
    reach.first = static_cast<int>(start);
    for (int cell = reach.first; cell < from && cell < end; ++cell) {
      const double share = std::min<double>(cell + 1, end) - std::max<double>(cell, start);
      reach.weights.push_back(static_cast<float>(share / (end - start)));
    }
  }
  return all;
}

}  // namespace

Raster decode_png(std::span<const std::byte> file, std::string* error) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) {
    *error = image.message;
    return {};
  }
  if (static_cast<int64_t>(image.width) * image.height > kMaxPixels) {
    *error = "larger than " + std::to_string(kMaxPixels) + " pixels";
    png_image_free(&image);
    return {};
  }
  image.format = PNG_FORMAT_RGBA;
  Raster picture(static_cast<int>(image.width), static_cast<int>(image.height));
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
    *error = image.message;
    return {};
  }
  for (size_t i = 0; i < picture.pixels.size(); i += 4) {
    uint8_t* pixel = picture.pixels.data() + i;
    for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>((pixel[c] * pixel[3] + 127) / 255);
  }
  return picture;
}

std::string encode_png(const Raster& picture) {
  std::vector<uint8_t> rgb;
  rgb.reserve(picture.pixels.size() / 4 * 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 4) {
    const auto pixel = picture.pixels.begin() + static_cast<std::ptrdiff_t>(i);
    rgb.insert(rgb.end(), pixel, pixel + 3);
  }
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr) == 0) {
    fail_running(std::string("a picture could not be written as PNG (") + image.message + ")");
  }
  bytes.resize(size);
  return bytes;
}

Raster trim(const Raster& picture) {
  int left = picture.width, right = -1, top = picture.height, bottom = -1;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      if (picture.at(x, y)[3] == 0) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  if (right < 0) return {};
  Raster part(right - left + 1, bottom - top + 1);
  for (int y = 0; y < part.height; ++y) {
    std::memcpy(part.at(0, y), picture.at(left, top + y), static_cast<size_t>(part.width) * 4);
  }
  return part;
}

Raster mirror(const Raster& picture) {
  Raster mirrored(picture.width, picture.height);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::memcpy(mirrored.at(picture.width - 1 - x, y), picture.at(x, y), 4);
    }
  }
  return mirrored;
}

Raster shrink(const Raster& picture, int width, int height) {
  CW_CHECK(width > 0 && height > 0 && picture.width > 0, "shrink needs a picture and a size");
  const std::vector<Reach> columns = reaches(picture.width, width);
  const std::vector<Reach> rows = reaches(picture.height, height);
  std::vector<float> narrow(static_cast<size_t>(picture.height) * width * 4);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Reach& reach = columns[static_cast<size_t>(x)];
      float* out = narrow.data() + (static_cast<size_t>(y) * width + x) * 4;
      const uint8_t* in = picture.at(reach.first, y);
      for (const float weight : reach.weights) {
        for (int c = 0; c < 4; ++c) out[c] += weight * in[c];
        in += 4;
      }
    }
  }
  Raster small(width, height);
  for (int y = 0; y < height; ++y) {
    const Reach& reach = rows[static_cast<size_t>(y)];
    for (int x = 0; x < width * 4; ++x) {
      float sum = 0;
      const float* in = narrow.data() + static_cast<size_t>(reach.first) * width * 4 + x;
      for (const float weight : reach.weights) {
        sum += weight * *in;
        in += static_cast<size_t>(width) * 4;
      }
      small.at(0, y)[x] = static_cast<uint8_t>(std::min(255.0F, sum + 0.5F));
    }
  }
  return small;
}

Raster shrink_to(const Raster& picture, int side) {
  const int longer = std::max(picture.width, picture.height);
  const auto scaled = [&](int length) {
    return std::max(1, (length * side + longer / 2) / longer);
  };
  return shrink(picture, scaled(picture.width), scaled(picture.height));
}

void draw(const Raster& sprite, int x, int y, Raster& canvas) {
  for (int row = std::max(0, -y); row < sprite.height && y + row < canvas.height; ++row) {
    for (int column = std::max(0, -x); column < sprite.width && x + column < canvas.width;
         ++column) {
      const uint8_t* over = sprite.at(column, row);
      uint8_t* under = canvas.at(x + column, y + row);
      const int rest = 255 - over[3];
      for (int c = 0; c < 4; ++c) {
        under[c] = static_cast<uint8_t>(std::min(255, over[c] + (under[c] * rest + 127) / 255));
      }
    }
  }
}

Raster plain(int width, int height, Rgb colour) {
  Raster picture(width, height);
  for (size_t i = 0; i < picture.pixels.size(); i += 4) {
    std::copy(colour.begin(), colour.end(),
              picture.pixels.begin() + static_cast<std::ptrdiff_t>(i));
    picture.pixels[i + 3] = 255;
  }
  return picture;
}

}  // namespace clipwright::demo::pictures
