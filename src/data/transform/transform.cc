#include "data/transform/transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

#include "core/error.h"
#include "data/image/colour.h"
#include "data/image/image_decoder.h"
#include "data/transform/resample_axis.h"
#include "data/transform/resize.h"

namespace clipwright::data::transform {
namespace {

/// A longer side than Pillow can make; reached by pictures a few pixels high and millions wide.
constexpr int64_t kMaxSide = int64_t{1} << 29;

/// A part of a resize: of `source` (in pixels of the file), resized to width x height, only
/// `window` is wanted.
struct Resize {
  image::Crop source;
  int width, height;
  image::Crop window;
};

/// Same size along this axis: the pixels of the window, unchanged.
void copy_rows(const image::Image& from, int width, int height, image::Image& to) {
  to.allocate((width + 15) / 16 * 16, height, from.kind());
  for (int y = 0; y < height; ++y) {
    std::memcpy(to.row(y), from.row(y),
                static_cast<size_t>(width) * image::Image::bytes_a_pixel(from.kind()));
  }
}

}  // namespace

struct ImagePipeline::State {
  State(const Preprocessing& given, int side)
      : preprocessing(given), size(side), kernels(resize_kernels()) {}

  Preprocessing preprocessing;
  int size;
  const ResizeKernels& kernels;
  image::ImageReader reader;
  ResampleAxis across, down;
  image::Image decoded, between, resized;

  std::string run(image::ImageDecoder& decoder, const Resize& resize, std::span<uint8_t> chw);
  std::string nearest(image::ImageDecoder& decoder, const Resize& resize, std::span<uint8_t> chw);
  std::string resample(image::ImageDecoder& decoder, const Resize& resize, std::span<uint8_t> chw);
  void pass_across(const image::Image& from, image::Image& to);
  void pass_down(const image::Image& from, image::Image& to);
  void store(const image::Image& image, bool premultiplied, std::span<uint8_t> chw) const;

  /// Opens the file and passes its size to `plan`, which says what to make of it.
  template <typename Plan>
  std::string transform(std::span<const std::byte> file, std::span<uint8_t> chw, const Plan& plan) {
    CW_CHECK(chw.size() == 3 * static_cast<size_t>(size) * static_cast<size_t>(size),
             "the output must hold 3 x size x size bytes");
    try {
      std::string problem;
      image::ImageDecoder* decoder = reader.open(file, problem);
      if (decoder == nullptr) return problem;
      Resize resize{};
      if (problem = plan(*decoder, resize); !problem.empty()) return problem;
      return run(*decoder, resize, chw);
    } catch (const std::bad_alloc&) {
      return "not enough memory to decode it";
    }
  }
};

std::string ImagePipeline::State::run(image::ImageDecoder& decoder, const Resize& resize,
                                      std::span<uint8_t> chw) {
  // Pillow never interpolates palette indices or bits.
  return decoder.kind() == image::PixelKind::kIndexed ? nearest(decoder, resize, chw)
                                                      : resample(decoder, resize, chw);
}

std::string ImagePipeline::State::nearest(image::ImageDecoder& decoder, const Resize& resize,
                                          std::span<uint8_t> chw) {
  const image::Crop& window = resize.window;
  const std::vector<int> columns =
      nearest_sources(resize.source.width, resize.width, window.x, window.width);
  const std::vector<int> rows =
      nearest_sources(resize.source.height, resize.height, window.y, window.height);
  const image::Crop region = {resize.source.x + columns.front(), resize.source.y + rows.front(),
                              columns.back() - columns.front() + 1, rows.back() - rows.front() + 1};
  if (std::string problem = decoder.decode(region, decoded); !problem.empty()) return problem;
  resized.allocate(window.width, window.height, image::PixelKind::kIndexed);
  for (int y = 0; y < window.height; ++y) {
    const uint8_t* from = decoded.row(rows[static_cast<size_t>(y)] - rows.front());
    uint8_t* to = resized.row(y);
    for (const int column : columns) {
      std::memcpy(to, from + 4 * static_cast<size_t>(column - columns.front()), 4);
      to += 4;
    }
  }
  store(resized, false, chw);
  return {};
}

std::string ImagePipeline::State::resample(image::ImageDecoder& decoder, const Resize& resize,
                                           std::span<uint8_t> chw) {
  const image::Crop& window = resize.window;
  across.compute(preprocessing.interpolation, resize.source.width, resize.width, window.x,
                 window.width, kernels.packing);
  down.compute(preprocessing.interpolation, resize.source.height, resize.height, window.y,
               window.height, kernels.packing);
  const image::Crop region = {
      resize.source.x + across.source_begin(), resize.source.y + down.source_begin(),
      across.source_end() - across.source_begin(), down.source_end() - down.source_begin()};
  if (std::string problem = decoder.decode(region, decoded); !problem.empty()) return problem;

  const bool copied = across.identity() && down.identity();
  const bool premultiplied = decoded.kind() == image::PixelKind::kAlpha && !copied;
  if (premultiplied) {
    for (int y = 0; y < decoded.height(); ++y) image::premultiply(decoded.row(y), decoded.width());
  }
  // Pillow goes down first when that removes more than twice as many rows as going across removes
  // columns. Rounding to bytes between the passes makes the order visible.
  const int64_t fewer_rows = int64_t{resize.source.height} - resize.height,
                fewer_columns = int64_t{resize.source.width} - resize.width;
  if (fewer_rows > 0 && fewer_rows > 2 * fewer_columns) {
    pass_down(decoded, between);
    pass_across(between, resized);
  } else {
    pass_across(decoded, between);
    pass_down(between, resized);
  }
  store(resized, premultiplied, chw);
  return {};
}

void ImagePipeline::State::pass_across(const image::Image& from, image::Image& to) {
  if (across.identity()) return copy_rows(from, across.outputs(), from.height(), to);
  to.allocate((across.outputs() + 15) / 16 * 16, from.height(), from.kind());
  if (from.kind() == image::PixelKind::kGrey16) {
    resample_grey16(from.row(0), from.stride(), from.height(), from.width(), across, true,
                    to.row(0), to.stride());
  } else {
    kernels.horizontal(from.row(0), from.stride(), from.height(), across, to.row(0), to.stride());
  }
}

void ImagePipeline::State::pass_down(const image::Image& from, image::Image& to) {
  if (down.identity()) return copy_rows(from, from.width(), down.outputs(), to);
  const int width = (from.width() + 15) / 16 * 16;
  to.allocate(width, down.outputs(), from.kind());
  if (from.kind() == image::PixelKind::kGrey16) {
    resample_grey16(from.row(0), from.stride(), from.height(), from.width(), down, false, to.row(0),
                    to.stride());
  } else {
    kernels.vertical(from.row(0), from.stride(), static_cast<size_t>(width) * 4, down, to.row(0),
                     to.stride());
  }
}

void ImagePipeline::State::store(const image::Image& image, bool premultiplied,
                                 std::span<uint8_t> chw) const {
  const size_t side = static_cast<size_t>(size), plane = side * side;
  for (size_t y = 0; y < side; ++y) {
    uint8_t* red = chw.data() + y * side;
    image::store_planes(image.row(static_cast<int>(y)), size, image.kind(), premultiplied, red,
                        red + plane, red + 2 * plane);
  }
}

ImagePipeline::ImagePipeline(const Preprocessing& preprocessing, int size)
    : state_(std::make_unique<State>(preprocessing, size)) {
  CW_CHECK(size > 0, "a picture has at least one pixel");
}
ImagePipeline::ImagePipeline(ImagePipeline&&) noexcept = default;
ImagePipeline::~ImagePipeline() = default;

std::string ImagePipeline::evaluate(std::span<const std::byte> file, std::span<uint8_t> chw) {
  if (state_->preprocessing.resize_mode == ResizeMode::kSquash) return thumbnail(file, chw);
  const int size = state_->size;
  const int shorter = static_cast<int>(std::lround(size * state_->preprocessing.resize_ratio));
  return state_->transform(
      file, chw, [=](const image::ImageDecoder& picture, Resize& resize) -> std::string {
        const image::Extent extent =
            image::scale_shorter_side(picture.width(), picture.height(), shorter);
        if (std::max(extent.width, extent.height) > kMaxSide) {
          return "too elongated: " + std::to_string(picture.width()) + " x " +
                 std::to_string(picture.height()) + " pixels";
        }
        const int width = static_cast<int>(extent.width), height = static_cast<int>(extent.height);
        resize = {{0, 0, picture.width(), picture.height()},
                  width,
                  height,
                  image::center_window(width, height, size)};
        return {};
      });
}

std::string ImagePipeline::train(std::span<const std::byte> file, Random& random,
                                 std::span<uint8_t> chw) {
  const int size = state_->size;
  const Preprocessing& preprocessing = state_->preprocessing;
  return state_->transform(
      file, chw, [&, size](const image::ImageDecoder& picture, Resize& resize) -> std::string {
        const image::Crop crop =
            image::draw_crop(picture.width(), picture.height(), preprocessing.crop_scale_min,
                             preprocessing.crop_scale_max, random);
        resize = {crop, size, size, {0, 0, size, size}};
        return {};
      });
}

std::string ImagePipeline::crop(std::span<const std::byte> file, const image::Crop& crop,
                                std::span<uint8_t> chw) {
  const int size = state_->size;
  return state_->transform(
      file, chw, [&, size](const image::ImageDecoder& picture, Resize& resize) -> std::string {
        if (crop.x < 0 || crop.y < 0 || crop.width <= 0 || crop.height <= 0 ||
            crop.width > picture.width() - crop.x || crop.height > picture.height() - crop.y) {
          return "the crop lies outside the picture of " + std::to_string(picture.width()) + " x " +
                 std::to_string(picture.height());
        }
        resize = {crop, size, size, {0, 0, size, size}};
        return {};
      });
}

std::string ImagePipeline::thumbnail(std::span<const std::byte> file, std::span<uint8_t> chw) {
  const int size = state_->size;
  return state_->transform(
      file, chw, [=](const image::ImageDecoder& picture, Resize& resize) -> std::string {
        resize = {{0, 0, picture.width(), picture.height()}, size, size, {0, 0, size, size}};
        return {};
      });
}

std::string decode_rgb(std::span<const std::byte> file, RgbImage& image) {
  try {
    image::ImageReader reader;
    std::string problem;
    image::ImageDecoder* decoder = reader.open(file, problem);
    if (decoder == nullptr) return problem;
    image::Image decoded;
    const int width = decoder->width(), height = decoder->height();
    if (problem = decoder->decode({0, 0, width, height}, decoded); !problem.empty()) return problem;
    const size_t columns = static_cast<size_t>(width);
    std::vector<uint8_t> planes(3 * columns);
    image = {width, height, std::vector<uint8_t>(3 * columns * static_cast<size_t>(height))};
    uint8_t* out = image.pixels.data();
    for (int y = 0; y < height; ++y) {
      image::store_planes(decoded.row(y), width, decoded.kind(), false, &planes[0],
                          &planes[columns], &planes[2 * columns]);
      for (size_t x = 0; x < columns; ++x) {
        for (size_t c = 0; c < 3; ++c) *out++ = planes[c * columns + x];
      }
    }
    return {};
  } catch (const std::bad_alloc&) {
    return "not enough memory to decode it";
  }
}

void normalize(std::span<const uint8_t> chw, int size, const Preprocessing& preprocessing,
               std::span<float> out) {
  const size_t plane = static_cast<size_t>(size) * size;
  CW_CHECK(chw.size() == 3 * plane && out.size() == 3 * plane,
           "normalize: a (3, size, size) picture and as many floats");
  for (size_t c = 0; c < 3; ++c) {
    // A picture has 256 values a channel: divide, subtract, divide once for each, in the
    // references' order.
    const auto mean = static_cast<float>(preprocessing.mean[c]),
               deviation = static_cast<float>(preprocessing.std[c]);
    std::array<float, 256> value;
    for (size_t v = 0; v < 256; ++v) value[v] = (static_cast<float>(v) / 255.0F - mean) / deviation;
    for (size_t i = c * plane; i < (c + 1) * plane; ++i) out[i] = value[chw[i]];
  }
}

}  // namespace clipwright::data::transform
