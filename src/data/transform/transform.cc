#include "data/transform/transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>

#include "core/error.h"
#include "data/image/colour.h"
#include "data/image/image_decoder.h"
#include "data/transform/gaussian_blur.h"
#include "data/transform/window_resizer.h"

namespace clipwright::data::transform {
namespace {

/// A longer side than Pillow can make; reached by pictures a few pixels high and millions wide.
constexpr int64_t kMaxSide = int64_t{1} << 29;

}  // namespace

struct ImagePipeline::State {
  State(const Preprocessing& given, int side) : preprocessing(given), size(side), windows(side) {}

  Preprocessing preprocessing;
  int size;
  image::ImageReader reader;
  WindowResizer windows;
  GaussianBlur blur;
  std::vector<Resize> planned;
  std::vector<DrawnView> drawn;

  /// The pixels of one view of `chw`.
  std::span<uint8_t> slot(std::span<uint8_t> chw, size_t view) const {
    const size_t bytes = 3 * static_cast<size_t>(size) * static_cast<size_t>(size);
    return chw.subspan(view * bytes, bytes);
  }

  /// Opens the file and makes the `count` windows that `plan` writes for a picture of this size.
  template <typename Plan>
  std::string transform(std::span<const std::byte> file, size_t count, std::span<uint8_t> chw,
                        const Plan& plan) {
    CW_CHECK(chw.size() == 3 * static_cast<size_t>(size) * static_cast<size_t>(size) * count,
             "the output must hold 3 x size x size bytes a view");
    if (count == 0) return {};
    try {
      std::string problem;
      image::ImageDecoder* decoder = reader.open(file, problem);
      if (decoder == nullptr) return problem;
      planned.resize(count);
      if (problem = plan(decoder->width(), decoder->height()); !problem.empty()) return problem;
      return windows(*decoder, planned, chw);
    } catch (const std::bad_alloc&) {
      return "not enough memory to decode it";
    }
  }

  /// The whole crop at the size of the output.
  Resize whole(const image::Crop& crop, Interpolation interpolation) const {
    return {crop, size, size, {0, 0, size, size}, interpolation};
  }

  void finish(std::span<const DrawnView> views, std::span<uint8_t> chw) {
    for (size_t i = 0; i < views.size(); ++i)
      apply_colours(views[i], RgbPlanes(slot(chw, i), size, size), blur);
  }
};

ImagePipeline::ImagePipeline(const Preprocessing& preprocessing, int size)
    : state_(std::make_unique<State>(preprocessing, size)) {
  CW_CHECK(size > 0, "a picture has at least one pixel");
}
ImagePipeline::ImagePipeline(ImagePipeline&&) noexcept = default;
ImagePipeline::~ImagePipeline() = default;

std::string ImagePipeline::evaluate(std::span<const std::byte> file, std::span<uint8_t> chw) {
  const Preprocessing& preprocessing = state_->preprocessing;
  if (preprocessing.resize_mode == ResizeMode::kSquash) return thumbnail(file, chw);
  const int size = state_->size;
  const int shorter = static_cast<int>(std::lround(size * preprocessing.resize_ratio));
  return state_->transform(file, 1, chw, [&, size](int picture_width, int picture_height) {
    const image::Extent extent = image::scale_shorter_side(picture_width, picture_height, shorter);
    if (std::max(extent.width, extent.height) > kMaxSide) {
      return "too elongated: " + std::to_string(picture_width) + " x " +
             std::to_string(picture_height) + " pixels";
    }
    const int width = static_cast<int>(extent.width), height = static_cast<int>(extent.height);
    state_->planned[0] = {{0, 0, picture_width, picture_height},
                          width,
                          height,
                          image::center_window(width, height, size),
                          preprocessing.interpolation};
    return std::string();
  });
}

std::string ImagePipeline::train(std::span<const std::byte> file, Random& random,
                                 std::span<uint8_t> chw) {
  const Preprocessing& preprocessing = state_->preprocessing;
  return state_->transform(file, 1, chw, [&](int width, int height) {
    const image::Crop crop = image::draw_crop(width, height, preprocessing.crop_scale_min,
                                              preprocessing.crop_scale_max, random);
    state_->planned[0] = state_->whole(crop, preprocessing.interpolation);
    return std::string();
  });
}

std::string ImagePipeline::crop(std::span<const std::byte> file, const image::Crop& crop,
                                std::span<uint8_t> chw) {
  const DrawnView view = {.crop = crop, .interpolation = state_->preprocessing.interpolation};
  return views(file, std::span(&view, 1), chw);
}

std::string ImagePipeline::thumbnail(std::span<const std::byte> file, std::span<uint8_t> chw) {
  return state_->transform(file, 1, chw, [&](int width, int height) {
    state_->planned[0] = state_->whole({0, 0, width, height}, state_->preprocessing.interpolation);
    return std::string();
  });
}

std::string ImagePipeline::views(std::span<const std::byte> file,
                                 std::span<const ViewRecipe> recipes, std::span<Random> draws,
                                 std::span<uint8_t> chw) {
  CW_CHECK(recipes.size() == draws.size(), "each view has random numbers of its own");
  std::string problem = state_->transform(file, recipes.size(), chw, [&](int width, int height) {
    state_->drawn.clear();
    for (size_t i = 0; i < recipes.size(); ++i) {
      state_->drawn.push_back(draw_view(recipes[i], width, height, draws[i]));
      state_->planned[i] = state_->whole(state_->drawn[i].crop, state_->drawn[i].interpolation);
    }
    return std::string();
  });
  if (problem.empty() && !recipes.empty()) state_->finish(state_->drawn, chw);
  return problem;
}

std::string ImagePipeline::views(std::span<const std::byte> file, std::span<const DrawnView> drawn,
                                 std::span<uint8_t> chw) {
  std::string problem = state_->transform(file, drawn.size(), chw, [&](int width, int height) {
    for (size_t i = 0; i < drawn.size(); ++i) {
      const image::Crop& crop = drawn[i].crop;
      if (crop.x < 0 || crop.y < 0 || crop.width <= 0 || crop.height <= 0 ||
          crop.width > width - crop.x || crop.height > height - crop.y) {
        return "the crop lies outside the picture of " + std::to_string(width) + " x " +
               std::to_string(height);
      }
      state_->planned[i] = state_->whole(crop, drawn[i].interpolation);
    }
    return std::string();
  });
  if (problem.empty()) state_->finish(drawn, chw);
  return problem;
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
