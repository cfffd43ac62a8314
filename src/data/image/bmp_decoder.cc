#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "data/image/image_decoder.h"

namespace clipwright::data::image {
namespace {

enum Compression : uint32_t { kRaw = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3 };

constexpr size_t kFileHeader = 14;

/// How the bytes of a pixel of 16 to 32 bits give its colour.
enum class Packing { kBgr, k15Bits, k16Bits, kBytes };

/// Pixels of 32 bits by their masks: which of the four bytes is red, green, blue and alpha (-1: all
/// opaque). All that Pillow knows.
struct Masks {
  std::array<uint32_t, 4> masks;
  std::array<int, 4> bytes;
};
constexpr Masks kMasks32[] = {
    {{0xFF0000, 0xFF00, 0xFF, 0}, {2, 1, 0, -1}},
    {{0xFF000000, 0xFF0000, 0xFF00, 0}, {3, 2, 1, -1}},
    {{0xFF000000, 0xFF00, 0xFF, 0}, {3, 1, 0, -1}},
    {{0xFF000000, 0xFF0000, 0xFF00, 0xFF}, {3, 2, 1, 0}},
    {{0xFF, 0xFF00, 0xFF0000, 0xFF000000}, {0, 1, 2, 3}},
    {{0xFF0000, 0xFF00, 0xFF, 0xFF000000}, {2, 1, 0, 3}},
    {{0xFF000000, 0xFF00, 0xFF, 0xFF0000}, {3, 1, 0, 2}},
    {{0, 0, 0, 0}, {2, 1, 0, 3}},
};

/// Windows and OS/2 bitmaps as Pillow reads them: 1 to 32 bits, run lengths, bit fields, a palette
/// that is a grey ramp taken for grey. A reader of its own, because no library of the distributions
/// reads BMP alone, and the format is a header and rows.
class BmpDecoder : public ImageDecoder {
 public:
  std::string open(std::span<const std::byte> file) override {
    file_ = {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
    if (file_.size() < kFileHeader + 4) return "truncated BMP: it ends in its header";
    const uint32_t header = u32(kFileHeader);
    if (file_.size() - kFileHeader < header) return "truncated BMP: it ends in its header";
    if (header != 12 && header < 40)
      return "damaged BMP: a header of " + std::to_string(header) + " bytes";
    std::string problem = header == 12 ? read_old_header() : read_header(header);
    if (problem.empty()) problem = choose_packing();
    if (problem.empty()) problem = refuse_size(width64_, height64_);
    if (!problem.empty()) return problem;
    width_ = static_cast<int>(width64_);
    height_ = static_cast<int>(height64_);
    const size_t row_bits = static_cast<size_t>(width_) * static_cast<size_t>(bits_);
    row_bytes_ = (row_bits + 7) / 8;
    stride_ = (row_bits + 31) / 32 * 4;
    return run_lengths() ? std::string() : check_length();
  }

  std::string decode(const Crop& region, Image& image) override {
    image.allocate(region.width, region.height, kind_);
    if (run_lengths()) {
      if (std::string problem = expand_runs(); !problem.empty()) return problem;
    }
    for (int y = 0; y < region.height; ++y) {
      const int row = region.y + y;
      const auto stored = static_cast<size_t>(top_down_ ? row : height_ - 1 - row);
      place_row(run_lengths() ? &indices_[stored * static_cast<size_t>(width_)]
                              : &file_[data_ + stored * stride_],
                region, image.row(y));
    }
    return {};
  }

 private:
  uint32_t u16(size_t at) const { return file_[at] | uint32_t{file_[at + 1]} << 8; }
  uint32_t u32(size_t at) const { return u16(at) | u16(at + 2) << 16; }
  bool run_lengths() const { return compression_ == kRle8 || compression_ == kRle4; }

  std::string read_old_header() {
    width64_ = u16(18);
    height64_ = u16(20);
    bits_ = static_cast<int>(u16(24));
    compression_ = kRaw;
    top_down_ = false;
    return read_palette(kFileHeader + 12, 0, 3);
  }

  std::string read_header(uint32_t header) {
    width64_ = u32(18);
    height64_ = u32(22);
    top_down_ = file_[25] == 0xFF;
    if (top_down_) height64_ = (int64_t{1} << 32) - height64_;
    bits_ = static_cast<int>(u16(28));
    compression_ = u32(30);
    masks_.fill(0);
    size_t after = kFileHeader + header;
    if (compression_ == kBitFields) {
      const size_t masks = header >= 56 ? 4 : 3;
      const size_t at = header >= 52 ? size_t{54} : after;
      if (header < 52) after += 12;
      if (file_.size() < at + 4 * masks) return "truncated BMP: it ends in its header";
      for (size_t i = 0; i < masks; ++i) masks_[i] = u32(at + 4 * i);
    }
    return read_palette(after, u32(46), 4);
  }

  /// Where the palette ends the pixels begin, unless the header says another place.
  std::string read_palette(size_t at, uint64_t colours, size_t bytes_a_colour) {
    data_ = u32(10);
    palette_.fill({0, 0, 0});
    grey_ = false;
    if (bits_ > 8) {
      if (data_ == 0) data_ = at;
      return {};
    }
    if (colours == 0) colours = uint64_t{1} << bits_;
    if (colours > 65536) return "damaged BMP: a palette of " + std::to_string(colours) + " colours";
    const size_t bytes = static_cast<size_t>(colours) * bytes_a_colour;
    // A header may say that pixels begin where in truth the palette does.
    if (data_ == 0) data_ = at + bytes;
    if (data_ == at) data_ += bytes;
    if (file_.size() - std::min(at, file_.size()) < bytes)
      return "truncated BMP: it ends in its palette";
    grey_ = colours > 2;  // black and white are a palette
    for (size_t i = 0; i < std::min<size_t>(colours, palette_.size()); ++i) {
      const uint8_t* colour = &file_[at + i * bytes_a_colour];
      palette_[i] = {colour[2], colour[1], colour[0]};
      for (const uint8_t part : palette_[i]) grey_ = grey_ && part == i;
    }
    return {};
  }

  std::string choose_packing() {
    const auto unknown = [&](const std::string& what) {
      return "a BMP with " + what +
             ", which is not decoded; convert it once, e.g. with ImageMagick";
    };
    kind_ = PixelKind::kColour;
    order_ = {2, 1, 0, -1};
    switch (bits_) {
      case 1:
      case 4:
      case 8:
        // A ramp of fewer colours than the bits can say is a palette like any other.
        grey_ = grey_ && bits_ == 8;
        if (compression_ >= kBitFields || (run_lengths() && bits_ == 1)) break;
        kind_ = grey_ ? PixelKind::kColour : PixelKind::kIndexed;
        return {};
      case 16:
        packing_ = Packing::k15Bits;
        if (compression_ == kRaw) return {};
        if (compression_ != kBitFields) break;
        if (masks_ == std::array<uint32_t, 4>{0x7C00, 0x3E0, 0x1F, masks_[3]}) return {};
        packing_ = Packing::k16Bits;
        if (masks_ == std::array<uint32_t, 4>{0xF800, 0x7E0, 0x1F, masks_[3]}) return {};
        break;
      case 24:
        packing_ = Packing::kBgr;
        if (compression_ == kRaw) return {};
        if (compression_ == kBitFields &&
            masks_ == std::array<uint32_t, 4>{0xFF0000, 0xFF00, 0xFF, masks_[3]})
          return {};
        break;
      case 32:
        packing_ = Packing::kBytes;
        if (compression_ == kRaw) return {};
        if (compression_ != kBitFields) break;
        for (const Masks& known : kMasks32) {
          if (known.masks != masks_) continue;
          order_ = known.bytes;
          if (order_[3] >= 0) kind_ = PixelKind::kAlpha;
          return {};
        }
        return unknown("unusual colour masks");
      default:
        return unknown(std::to_string(bits_) + " bits a pixel");
    }
    return unknown("compression " + std::to_string(compression_) + " of " + std::to_string(bits_) +
                   " bits a pixel");
  }

  /// Before memory is taken for what the header promises. The last row may lack its padding.
  std::string check_length() const {
    const uint64_t needed = static_cast<uint64_t>(height_ - 1) * stride_ + row_bytes_;
    if (data_ <= file_.size() && file_.size() - data_ >= needed) return {};
    return "truncated BMP: too short for the size in its header";
  }

  /// Pairs of a count and an index; a count of 0 ends a row, ends the picture, moves on, or
  /// announces indices as they are.
  std::string expand_runs() {
    const auto width = static_cast<size_t>(width_);
    const size_t pixels = width * static_cast<size_t>(height_);
    // A pair makes at most 255 pixels, a move at most 255 rows.
    if (pixels / (256 * width + 256) > file_.size())
      return "truncated BMP: too short for the size in its header";
    indices_.clear();
    size_t x = 0;
    for (size_t at = data_; indices_.size() < pixels;) {
      if (at + 2 > file_.size()) break;
      size_t count = file_[at];
      const uint8_t value = file_[at + 1];
      at += 2;
      if (count > 0) {
        if (x + count > width) count = width - std::min(x, width);
        for (size_t i = 0; i < count; ++i) indices_.push_back(half_of(value, i));
        x += count;
      } else if (value == 0) {
        while (indices_.size() % width != 0) indices_.push_back(0);
        x = 0;
      } else if (value == 1) {
        break;
      } else if (value == 2) {
        if (at + 2 > file_.size()) break;
        const size_t skipped = file_[at] + file_[at + 1] * width;
        indices_.resize(std::min(pixels, indices_.size() + skipped), 0);
        x = indices_.size() % width;
        at += 2;
      } else {
        const size_t wanted = std::min<size_t>(pixels - indices_.size(), value);
        const size_t bytes = compression_ == kRle4 ? (wanted + 1) / 2 : wanted;
        if (file_.size() - at < bytes) break;
        for (size_t i = 0; i < wanted; ++i) {
          indices_.push_back(compression_ == kRle4 ? half_of(file_[at + i / 2], i) : file_[at + i]);
        }
        x += value;
        at += bytes;
        at += at % 2;  // to a whole word of the file
      }
    }
    if (indices_.size() < pixels)
      return "truncated BMP: its runs end at pixel " + std::to_string(indices_.size()) + " of " +
             std::to_string(pixels);
    return {};
  }

  uint8_t half_of(uint8_t value, size_t index) const {
    if (compression_ != kRle4) return value;
    return index % 2 == 0 ? value >> 4 : value & 15;
  }

  void place_row(const uint8_t* stored, const Crop& region, uint8_t* out) const {
    for (int i = 0; i < region.width; ++i, out += 4) {
      const auto x = static_cast<size_t>(region.x + i);
      out[3] = 255;
      if (bits_ <= 8) {
        const unsigned index = run_lengths() ? stored[x] : small_sample(stored, x);
        for (size_t c = 0; c < 3; ++c)
          out[c] = grey_ ? static_cast<uint8_t>(index) : palette_[index][c];
      } else if (packing_ == Packing::kBgr) {
        for (size_t c = 0; c < 3; ++c) out[c] = stored[3 * x + 2 - c];
      } else if (packing_ == Packing::kBytes) {
        for (size_t c = 0; c < 4; ++c) {
          if (order_[c] >= 0) out[c] = stored[4 * x + static_cast<size_t>(order_[c])];
        }
      } else {
        const unsigned pixel = stored[2 * x] | unsigned{stored[2 * x + 1]} << 8;
        const int green = packing_ == Packing::k16Bits ? 6 : 5;
        out[0] = scaled(pixel >> (5 + green), 5);
        out[1] = scaled(pixel >> 5, green);
        out[2] = scaled(pixel, 5);
      }
    }
  }

  /// The lowest bits as a part of 255, cut and not rounded.
  static uint8_t scaled(unsigned value, int bits) {
    const unsigned most = (1U << bits) - 1;
    return static_cast<uint8_t>((value & most) * 255 / most);
  }

  unsigned small_sample(const uint8_t* row, size_t x) const {
    const size_t bit = x * static_cast<size_t>(bits_);
    return (row[bit / 8] >> (8 - bits_ - static_cast<int>(bit % 8))) & ((1U << bits_) - 1);
  }

  std::span<const uint8_t> file_;
  int64_t width64_ = 0, height64_ = 0;
  int bits_ = 0;
  uint32_t compression_ = kRaw;
  bool top_down_ = false, grey_ = false;
  size_t data_ = 0, row_bytes_ = 0, stride_ = 0;
  std::array<uint32_t, 4> masks_{};
  std::array<int, 4> order_{};
  Packing packing_ = Packing::kBgr;
  std::array<std::array<uint8_t, 3>, 256> palette_{};
  std::vector<uint8_t> indices_;  // of a picture of run lengths, as its rows are stored
};

}  // namespace

std::unique_ptr<ImageDecoder> make_bmp_decoder() { return std::make_unique<BmpDecoder>(); }

}  // namespace clipwright::data::image
