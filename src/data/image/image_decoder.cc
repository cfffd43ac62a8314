#include "data/image/image_decoder.h"

#include <cstring>
#include <string_view>

#include "core/log.h"

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

ImageReader::ImageReader()
    : jpeg_(make_jpeg_decoder()), png_(make_png_decoder()), webp_(make_webp_decoder()) {}

ImageDecoder* ImageReader::open(std::span<const std::byte> file, std::string& problem) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  ImageDecoder* decoder = nullptr;
  if (bytes.starts_with("\xFF\xD8\xFF")) {
    decoder = jpeg_.get();
  } else if (bytes.starts_with("\x89PNG\r\n\x1A\n")) {
    decoder = png_.get();
  } else if (bytes.starts_with("RIFF") && bytes.size() >= 16 && bytes.substr(8, 4) == "WEBP") {
    decoder = webp_.get();
  } else if (bytes.empty()) {
    problem = "an empty file, not a picture";
    return nullptr;
  } else {
    problem = "not a JPEG, PNG or WebP file";
    for (const auto& [magic, name] :
         {std::pair<std::string_view, const char*>{"GIF8", "a GIF file"},
          {"BM", "a BMP file"},
          {"II*\0", "a TIFF file"},
          {"MM\0*", "a TIFF file"},
          {"<svg", "an SVG drawing"},
          {"<?xml", "an XML text"},
          {"<!DOCTYPE", "an HTML page"},
          {"<html", "an HTML page"}}) {
      if (bytes.starts_with(magic)) problem = std::string(name) + ", not a JPEG, PNG or WebP file";
    }
    return nullptr;
  }
  problem = decoder->open(file);
  return problem.empty() ? decoder : nullptr;
}

}  // namespace clipwright::data::image
