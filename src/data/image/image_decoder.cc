#include "data/image/image_decoder.h"

#include <array>

#include "core/log.h"
#include "data/image/picture_format.h"

namespace clipwright::data::image {

std::string ImageDecoder::refuse_size(int64_t width, int64_t height) {
  if (width <= 0 || height <= 0) {
    return "a picture of " + std::to_string(width) + " x " + std::to_string(height) +
           " pixels has nothing to show";
  }
  // Divided, not multiplied: a hostile header may name sizes whose product does not fit.
  if (width > kMaxImagePixels / height) {
    return "its header says " + with_commas(width) + " x " + with_commas(height) +
           " pixels, more than the " + with_commas(kMaxImagePixels) + " that are decoded";
  }
  return {};
}

namespace {

/// By PictureFormat.
constexpr std::array kMakers = {make_jpeg_decoder, make_png_decoder, make_webp_decoder,
                                make_gif_decoder,  make_bmp_decoder, make_tiff_decoder};

}  // namespace

ImageDecoder* ImageReader::open(std::span<const std::byte> file, std::string& problem) {
  const PictureFormat format = picture_format(file);
  if (format == PictureFormat::kNone) {
    problem = foreign_format(file);
    return nullptr;
  }
  const auto which = static_cast<size_t>(format);
  if (!decoders_[which]) decoders_[which] = kMakers[which]();
  problem = decoders_[which]->open(file);
  return problem.empty() ? decoders_[which].get() : nullptr;
}

}  // namespace clipwright::data::image
