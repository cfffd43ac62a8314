#include "data/transform/window_resizer.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "data/image/colour.h"

namespace clipwright::data::transform {

struct WindowResizer::Part {
  const uint8_t* pixels;
  size_t stride;
  int width, height;
  image::PixelKind kind;

  static Part all_of(const image::Image& image) {
    return {image.row(0), image.stride(), image.width(), image.height(), image.kind()};
  }
  const uint8_t* row(int y) const { return pixels + static_cast<size_t>(y) * stride; }
  size_t row_bytes() const {
    return static_cast<size_t>(width) * image::Image::bytes_a_pixel(kind);
  }
};

namespace {

/// The smallest rectangle that holds both.
image::Crop join(const image::Crop& a, const image::Crop& b) {
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x,
          std::max(a.y + a.height, b.y + b.height) - y};
}

/// Room for whole vectors in every row.
int padded(int width) { return (width + 15) / 16 * 16; }

}  // namespace

std::string WindowResizer::operator()(image::ImageDecoder& decoder, std::span<const Resize> resizes,
                                      std::span<uint8_t> chw) {
  const size_t bytes = 3 * static_cast<size_t>(size_) * static_cast<size_t>(size_);
  CW_CHECK(!resizes.empty() && chw.size() == bytes * resizes.size(),
           "windows of 3 x size x size bytes, at least one");
  // Pillow never interpolates palette indices or bits.
  const bool indexed = decoder.kind() == image::PixelKind::kIndexed;
  if (plans_.size() < resizes.size()) plans_.resize(resizes.size());
  for (size_t i = 0; i < resizes.size(); ++i) {
    CW_CHECK(resizes[i].window.width == size_ && resizes[i].window.height == size_,
             "a window has the size of the output");
    plan(resizes[i], indexed, plans_[i]);
    region_ = i == 0 ? plans_[i].region : join(region_, plans_[i].region);
  }
  if (std::string problem = decoder.decode(region_, decoded_); !problem.empty()) return problem;
  for (size_t i = 0; i < resizes.size(); ++i) {
    const std::span<uint8_t> out = chw.subspan(i * bytes, bytes);
    if (indexed) {
      nearest(plans_[i], out);
    } else {
      resample(resizes[i], plans_[i], out);
    }
  }
  return {};
}

void WindowResizer::plan(const Resize& resize, bool indexed, Plan& plan) const {
  const image::Crop &source = resize.source, &window = resize.window;
  if (indexed) {
    plan.columns = nearest_sources(source.width, resize.width, window.x, window.width);
    plan.rows = nearest_sources(source.height, resize.height, window.y, window.height);
    for (int& column : plan.columns) column += source.x;
    for (int& row : plan.rows) row += source.y;
    plan.region = {plan.columns.front(), plan.rows.front(),
                   plan.columns.back() - plan.columns.front() + 1,
                   plan.rows.back() - plan.rows.front() + 1};
    return;
  }
  plan.across.compute(resize.interpolation, source.width, resize.width, window.x, window.width,
                      kernels_.packing);
  plan.down.compute(resize.interpolation, source.height, resize.height, window.y, window.height,
                    kernels_.packing);
  plan.region = {source.x + plan.across.source_begin(), source.y + plan.down.source_begin(),
                 plan.across.source_end() - plan.across.source_begin(),
                 plan.down.source_end() - plan.down.source_begin()};
}

WindowResizer::Part WindowResizer::part_of_decoded(const image::Crop& region) const {
  const size_t x = static_cast<size_t>(region.x - region_.x);
  return {decoded_.row(region.y - region_.y) + x * image::Image::bytes_a_pixel(decoded_.kind()),
          decoded_.stride(), region.width, region.height, decoded_.kind()};
}

void WindowResizer::nearest(const Plan& plan, std::span<uint8_t> chw) {
  resized_.allocate(size_, size_, image::PixelKind::kIndexed);
  for (int y = 0; y < size_; ++y) {
    const uint8_t* from = decoded_.row(plan.rows[static_cast<size_t>(y)] - region_.y);
    uint8_t* to = resized_.row(y);
    for (const int column : plan.columns) {
      std::memcpy(to, from + 4 * static_cast<size_t>(column - region_.x), 4);
      to += 4;
    }
  }
  store(resized_, false, chw);
}

void WindowResizer::resample(const Resize& resize, const Plan& plan, std::span<uint8_t> chw) {
  Part part = part_of_decoded(plan.region);
  const bool copied = plan.across.identity() && plan.down.identity();
  const bool premultiplied = part.kind == image::PixelKind::kAlpha && !copied;
  if (premultiplied) {
    // Of a copy: another window may want the pixels as they are.
    premultiplied_.allocate(part.width, part.height, part.kind);
    for (int y = 0; y < part.height; ++y) {
      std::memcpy(premultiplied_.row(y), part.row(y), part.row_bytes());
      image::premultiply(premultiplied_.row(y), part.width);
    }
    part = Part::all_of(premultiplied_);
  }
  // Pillow goes down first when that removes more than twice as many rows as going across removes
  // columns. Rounding to bytes between the passes makes the order visible.
  const int64_t fewer_rows = int64_t{resize.source.height} - resize.height,
                fewer_columns = int64_t{resize.source.width} - resize.width;
  if (fewer_rows > 0 && fewer_rows > 2 * fewer_columns) {
    pass_down(part, plan.down, between_);
    pass_across(Part::all_of(between_), plan.across, resized_);
  } else {
    pass_across(part, plan.across, between_);
    pass_down(Part::all_of(between_), plan.down, resized_);
  }
  store(resized_, premultiplied, chw);
}

void WindowResizer::pass_across(const Part& from, const ResampleAxis& across,
                                image::Image& to) const {
  to.allocate(padded(across.outputs()), from.height, from.kind);
  if (across.identity()) {
    for (int y = 0; y < from.height; ++y) std::memcpy(to.row(y), from.row(y), from.row_bytes());
  } else if (from.kind == image::PixelKind::kGrey16) {
    resample_grey16(from.pixels, from.stride, from.height, from.width, across, true, to.row(0),
                    to.stride());
  } else {
    kernels_.horizontal(from.pixels, from.stride, from.height, across, to.row(0), to.stride());
  }
}

void WindowResizer::pass_down(const Part& from, const ResampleAxis& down, image::Image& to) const {
  const int width = padded(from.width);
  to.allocate(width, down.outputs(), from.kind);
  if (down.identity()) {
    for (int y = 0; y < from.height; ++y) std::memcpy(to.row(y), from.row(y), from.row_bytes());
  } else if (from.kind == image::PixelKind::kGrey16) {
    resample_grey16(from.pixels, from.stride, from.height, from.width, down, false, to.row(0),
                    to.stride());
  } else {
    kernels_.vertical(from.pixels, from.stride, static_cast<size_t>(width) * 4, down, to.row(0),
                      to.stride());
  }
}

void WindowResizer::store(const image::Image& image, bool premultiplied,
                          std::span<uint8_t> chw) const {
  const size_t side = static_cast<size_t>(size_), plane = side * side;
  for (size_t y = 0; y < side; ++y) {
    uint8_t* red = chw.data() + y * side;
    image::store_planes(image.row(static_cast<int>(y)), size_, image.kind(), premultiplied, red,
                        red + plane, red + 2 * plane);
  }
}

}  // namespace clipwright::data::transform
