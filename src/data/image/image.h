// Decoded pixels, kept in the picture's own kind of values until after resizing, because that is
// where Pillow converts to RGB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace clipwright::data::image {

/// Largest picture that is decoded, in pixels; larger ones are refused from their header.
constexpr int64_t kMaxImagePixels = 178'956'970;  // Pillow's decompression-bomb error threshold

/// What the four bytes of a pixel are (Pillow's modes in brackets).
enum class PixelKind {
  kColour,   ///< R G B and an unused byte (RGB; L with three equal bytes)
  kAlpha,    ///< R G B A, resized premultiplied (RGBA; LA with three equal bytes)
  kInk,      ///< C M Y K, 255 is full ink (CMYK)
  kIndexed,  ///< R G B looked up from a palette or from one bit; never interpolated (P, 1)
  kGrey16,   ///< two bytes instead of four: one little-endian 16-bit grey (I;16)
};

/// A rectangle of pixels whose memory is kept from picture to picture. Rows are `stride` bytes
/// apart; at least kSlack bytes behind the last row may be read, so that vector loads need no
/// special case at the right edge.
class Image {
 public:
  static constexpr size_t kSlack = 128;

  /// Makes room for width x height pixels with undefined values.
  void allocate(int width, int height, PixelKind kind) {
    width_ = width;
    height_ = height;
    kind_ = kind;
    stride_ = static_cast<size_t>(width) * bytes_a_pixel(kind);
    const size_t needed = stride_ * static_cast<size_t>(height) + kSlack;
    // After a huge picture the memory goes back, or every loader thread would keep its worst case.
    if (needed > capacity_ || capacity_ > kKeep) {
      memory_.reset();
      memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, (needed + 63) / 64 * 64)));
      if (!memory_) throw std::bad_alloc();
      capacity_ = needed;
    }
    origin_ = memory_.get();
  }

  /// Keeps only the columns [x, x + width); no pixel is moved.
  void keep_columns(int x, int width) {
    origin_ += static_cast<size_t>(x) * bytes_a_pixel(kind_);
    width_ = width;
  }

  /// Keeps only the rows [y, y + height); no pixel is moved.
  void keep_rows(int y, int height) {
    origin_ += static_cast<size_t>(y) * stride_;
    height_ = height;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  PixelKind kind() const { return kind_; }
  size_t stride() const { return stride_; }
  uint8_t* row(int y) { return origin_ + static_cast<size_t>(y) * stride_; }
  const uint8_t* row(int y) const { return origin_ + static_cast<size_t>(y) * stride_; }

  static size_t bytes_a_pixel(PixelKind kind) { return kind == PixelKind::kGrey16 ? 2 : 4; }

 private:
  static constexpr size_t kKeep = size_t{64} << 20;
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> memory_;
  uint8_t* origin_ = nullptr;
  size_t capacity_ = 0, stride_ = 0;
  int width_ = 0, height_ = 0;
  PixelKind kind_ = PixelKind::kColour;
};

}  // namespace clipwright::data::image
