#include "eval/selection/boxed_pictures.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/log.h"
#include "data/image/image.h"
#include "data/image/png_encoder.h"
#include "data/source/image_file.h"
#include "data/transform/transform.h"

namespace clipwright::eval::selection {
namespace {

namespace fs = std::filesystem;

std::string name_of(const Box& box) {
  const auto number = [](double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  return number(box.x) + "," + number(box.y) + "," + number(box.width) + "," + number(box.height);
}

/// The part of a picture as a PNG, or why there is none.
std::string cut(const data::transform::RgbImage& image, const Box& box,
                std::vector<std::byte>& png) {
  const std::string of = "the box " + name_of(box) + " (x, y, width, height) ";
  const std::string size = std::to_string(image.width) + " x " + std::to_string(image.height);
  const double left = std::nearbyint(box.x), top = std::nearbyint(box.y),
               right = std::nearbyint(box.x + box.width),
               bottom = std::nearbyint(box.y + box.height);
  if (!(right > left && bottom > top)) return of + "is empty";
  if (!(right > 0 && bottom > 0 && left < image.width && top < image.height))
    return of + "lies outside the picture of " + size;
  if (!((right - left) * (bottom - top) <= static_cast<double>(data::image::kMaxImagePixels)))
    return of + "is far larger than the picture of " + size;
  const auto x = static_cast<int64_t>(left), y = static_cast<int64_t>(top),
             width = static_cast<int64_t>(right) - x, height = static_cast<int64_t>(bottom) - y;
  std::vector<uint8_t> part(static_cast<size_t>(3 * width * height));
  const int64_t first = std::max<int64_t>(x, 0), end = std::min<int64_t>(x + width, image.width);
  for (int64_t row = std::max<int64_t>(y, 0); row < std::min<int64_t>(y + height, image.height);
       ++row) {
    std::memcpy(part.data() + 3 * ((row - y) * width + first - x),
                image.pixels.data() + 3 * (row * image.width + first),
                static_cast<size_t>(3 * (end - first)));
  }
  png = data::image::encode_png(part, static_cast<int>(width), static_cast<int>(height));
  return {};
}

}  // namespace

std::string BoxedPictures::key(int64_t index) const {
  const BoxedPicture& picture = at(index);
  return picture.box ? picture.path + " at " + name_of(*picture.box) : picture.path;
}

fs::path BoxedPictures::file(int64_t index) const {
  const fs::path plain = root_ / at(index).path;
  std::error_code error;
  if (fs::exists(plain, error)) return plain;
  for (const char* ending : {".png", ".jpg", ".jpeg", ".webp"}) {
    fs::path named = plain;
    named += ending;
    if (fs::exists(named, error)) return named;
  }
  return plain;
}

bool BoxedPictures::exists(int64_t index) const {
  std::error_code error;
  return fs::exists(file(index), error);
}

data::source::ImageBytes BoxedPictures::image(int64_t index) const {
  data::source::ImageBytes bytes = data::source::read_image_file(file(index));
  if (!at(index).box || !bytes.error.empty()) return bytes;
  data::source::ImageBytes part;
  data::transform::RgbImage image;
  part.error = data::transform::decode_rgb(bytes.view, image);
  if (part.error.empty()) part.error = cut(image, *at(index).box, part.owned);
  part.view = part.owned;
  return part;
}

std::string BoxedPictures::describe() const {
  return with_commas(size()) + " pictures below " + root_.string();
}

}  // namespace clipwright::eval::selection
