// What holds for pictures of every format.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "data/image/image_decoder.h"
#include "data/transform/transform.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {

/// Larger pictures are left to tests: a fuzzer that fills gigabytes tries little else.
constexpr int64_t kMostFuzzedPixels = 1 << 20;

enum class Regions {
  kExact,  ///< a region has the pixels that the whole picture has there
  kLossy,  ///< the codec may smooth differently at its edges in damaged data
};

inline std::string decode(data::image::ImageReader& reader, std::span<const std::byte> file,
                          const data::image::Crop& region, data::image::Image& image) {
  std::string problem;
  data::image::ImageDecoder* decoder = reader.open(file, problem);
  if (decoder == nullptr) return problem;
  problem = decoder->decode(region, image);
  if (problem.empty()) {
    require(image.width() == region.width && image.height() == region.height,
            "a decoded region has its size");
  }
  return problem;
}

inline void check_region(const data::image::Image& whole, const data::image::Image& part,
                         const data::image::Crop& region) {
  const size_t pixel = data::image::Image::bytes_a_pixel(whole.kind());
  for (int y = 0; y < region.height; ++y) {
    const uint8_t* row = whole.row(region.y + y) + static_cast<size_t>(region.x) * pixel;
    require(std::memcmp(part.row(y), row, static_cast<size_t>(region.width) * pixel) == 0,
            "a region has the pixels of the whole picture");
  }
}

/// Opens the file twice with one reader, as a loader does with many, decodes all of it and a part,
/// and takes it through the transforms of evaluation and training.
inline void try_picture(std::span<const std::byte> file, Regions regions) {
  data::image::ImageReader reader;
  std::string problem;
  const data::image::ImageDecoder* opened = reader.open(file, problem);
  require((opened == nullptr) != problem.empty(), "a picture opens, or a reason is told");
  if (opened == nullptr) return;
  const int width = opened->width(), height = opened->height();
  require(width > 0 && height > 0, "an opened picture has a size");
  if (int64_t{width} * height > kMostFuzzedPixels) return;

  data::image::Image whole, part;
  const bool is_whole = decode(reader, file, {0, 0, width, height}, whole).empty();
  const data::image::Crop region{width / 3, height / 3, std::max(1, width / 2),
                                 std::max(1, height / 2)};
  const bool is_part = decode(reader, file, region, part).empty();
  if (is_whole && is_part && regions == Regions::kExact) check_region(whole, part, region);

  constexpr int kSize = 16;
  data::transform::ImagePipeline pipeline({}, kSize);
  std::vector<uint8_t> chw(3 * kSize * kSize);
  const bool evaluated = pipeline.evaluate(file, chw).empty();
  if (regions == Regions::kExact && is_whole)
    require(evaluated, "evaluation takes a picture that decodes");
  Random random(1, "fuzz", 0, uint64_t{file.size()});
  pipeline.train(file, random, chw);
  data::transform::RgbImage rgb;
  if (data::transform::decode_rgb(file, rgb).empty()) {
    require(rgb.pixels.size() ==
                size_t{3} * static_cast<size_t>(rgb.width) * static_cast<size_t>(rgb.height),
            "an RGB picture has three bytes a pixel");
  }
}

}  // namespace clipwright::fuzz
