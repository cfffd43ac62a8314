// From the bytes of a picture file to its pixels. Whatever the bytes are, problems come back as a
// sentence, never as a crash.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "data/image/crop.h"
#include "data/image/image.h"

namespace clipwright::data::image {

/// One file format. An object decodes many files one after the other and keeps its memory.
class ImageDecoder {
 public:
  virtual ~ImageDecoder() = default;

  /// Reads the header of `file`, which must stay alive until the next open. Returns an empty
  /// string, or why it cannot be used.
  virtual std::string open(std::span<const std::byte> file) = 0;

  /// Decodes at least the pixels of `region`, which `image` then holds exactly. Call once an open.
  /// Returns an empty string, or why the picture is damaged.
  virtual std::string decode(const Crop& region, Image& image) = 0;

  int width() const { return width_; }
  int height() const { return height_; }
  PixelKind kind() const { return kind_; }

 protected:
  /// Why a picture of this size is refused; empty when it is not.
  static std::string refuse_size(int64_t width, int64_t height);

  int width_ = 0, height_ = 0;
  PixelKind kind_ = PixelKind::kColour;
};

std::unique_ptr<ImageDecoder> make_jpeg_decoder();
std::unique_ptr<ImageDecoder> make_png_decoder();
std::unique_ptr<ImageDecoder> make_webp_decoder();
std::unique_ptr<ImageDecoder> make_gif_decoder();
std::unique_ptr<ImageDecoder> make_bmp_decoder();
std::unique_ptr<ImageDecoder> make_tiff_decoder();

/// Opens a file with the decoder that its first bytes ask for, whatever its name says.
class ImageReader {
 public:
  /// The decoder, opened; or nothing, and `problem` says why.
  ImageDecoder* open(std::span<const std::byte> file, std::string& problem);

 private:
  /// By PictureFormat; made when the first such file comes.
  std::array<std::unique_ptr<ImageDecoder>, 6> decoders_;
};

}  // namespace clipwright::data::image
