#include <zlib.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "data/image/image_decoder.h"
#include "data/image/png_filter.h"

namespace clipwright::data::image {
namespace {

enum ColourType { kGrey = 0, kTrueColour = 2, kPalette = 3, kGreyAlpha = 4, kTrueColourAlpha = 6 };

/// Adam7: the first pixel and the distance between pixels of each of the seven passes.
struct Pass {
  int x, y, dx, dy;
};
constexpr std::array<Pass, 7> kAdam7 = {{{0, 0, 8, 8},
                                         {4, 0, 8, 8},
                                         {0, 4, 4, 8},
                                         {2, 0, 4, 4},
                                         {0, 2, 2, 4},
                                         {1, 0, 2, 2},
                                         {0, 1, 1, 2}}};
constexpr Pass kPlain = {0, 0, 1, 1};

/// Chunk data longer than this cannot be in a file.
constexpr uint32_t kMaxChunk = 0x7FFFFFFF;

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

/// The compressed stream of all IDAT chunks, inflated piece by piece.
class Inflater {
 public:
  Inflater() { inflateInit(&stream_); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void restart(std::span<const uint8_t> file, size_t first_chunk) {
    inflateReset(&stream_);
    stream_.avail_in = 0;
    file_ = file;
    next_chunk_ = first_chunk;
  }

  /// Fills `target`. Returns an empty string, or what is wrong with the data.
  std::string read(std::span<uint8_t> target) {
    stream_.next_out = target.data();
    stream_.avail_out = static_cast<uInt>(target.size());
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0 && !next_chunk()) return "truncated PNG";
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END && stream_.avail_out > 0)
        return "truncated PNG: its compressed data ends early";
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return std::string("damaged PNG: ") +
               (stream_.msg != nullptr ? stream_.msg : "its compressed data cannot be inflated");
      }
    }
    return {};
  }

 private:
  bool next_chunk() {
    while (file_.size() - next_chunk_ >= 8) {
      const uint8_t* header = file_.data() + next_chunk_;
      if (std::memcmp(header + 4, "IDAT", 4) != 0) return false;
      const size_t length = big_endian(header);
      const size_t present = std::min(length, file_.size() - next_chunk_ - 8);
      stream_.next_in = const_cast<uint8_t*>(header + 8);
      stream_.avail_in = static_cast<uInt>(present);
      next_chunk_ = std::min(file_.size(), next_chunk_ + 8 + present + 4);
      if (present > 0) return true;
    }
    return false;
  }

  z_stream stream_{};
  std::span<const uint8_t> file_;
  size_t next_chunk_ = 0;
};

/// Reads the format itself on top of zlib, because Pillow does: no gamma, no background, 16-bit
/// samples cut to their high byte.
class PngDecoder : public ImageDecoder {
 public:
  std::string open(std::span<const std::byte> file) override {
    file_ = {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
    palette_.fill({0, 0, 0});
    bool has_header = false;
    for (size_t at = 8;;) {
      if (file_.size() - at < 8) return "truncated PNG: it ends before any picture data";
      const uint32_t length = big_endian(&file_[at]);
      const std::string_view type(reinterpret_cast<const char*>(&file_[at + 4]), 4);
      if (type == "IDAT") {
        if (!has_header) return "damaged PNG: picture data before the header";
        first_data_ = at;
        return refuse_size(width_, height_);
      }
      if (type == "IEND") return "damaged PNG: no picture data";
      if (length > kMaxChunk || file_.size() - at - 8 < size_t{length} + 4)
        return "truncated PNG: it ends in chunk " + printable(type);
      const std::span<const uint8_t> body = file_.subspan(at + 8, length);
      if (crc32(0, &file_[at + 4], length + 4) != big_endian(&file_[at + 8 + length])) {
        return "damaged PNG: the checksum of chunk " + printable(type) + " does not fit";
      }
      if (type == "IHDR") {
        if (std::string problem = read_header(body); !problem.empty()) return problem;
        has_header = true;
      } else if (type == "PLTE") {
        if (body.size() / 3 > palette_.size())
          return "damaged PNG: a palette of more than 256 colours";
        for (size_t i = 0; i < body.size() / 3; ++i)
          palette_[i] = {body[3 * i], body[3 * i + 1], body[3 * i + 2]};
      }
      at += 12 + size_t{length};
    }
  }

  std::string decode(const Crop& region, Image& image) override {
    region_ = region;
    // Deflate shrinks to at most 1/1032: a header that promises more than that is not believed,
    // before memory is taken for it.
    const uint64_t row_bytes =
        (static_cast<uint64_t>(width_) * static_cast<uint64_t>(depth_ * channels_) + 7) / 8;
    if (row_bytes * static_cast<uint64_t>(height_) / 1032 > file_.size())
      return "truncated PNG: too short for the size in its header";
    image.allocate(region.width, region.height, kind_);
    inflater_.restart(file_, first_data_);
    if (!interlaced_) return read_pass(kPlain, image);
    for (const Pass& pass : kAdam7) {
      if (std::string problem = read_pass(pass, image); !problem.empty()) return problem;
    }
    return {};
  }

 private:
  static std::string printable(std::string_view type) {
    std::string name = "'";
    for (char letter : type) name += letter >= ' ' && letter <= '~' ? letter : '?';
    return name + "'";
  }

  std::string read_header(std::span<const uint8_t> body) {
    if (body.size() < 13) return "truncated PNG header";
    const uint32_t width = big_endian(&body[0]), height = big_endian(&body[4]);
    if (std::string problem = refuse_size(width, height); !problem.empty()) return problem;
    width_ = static_cast<int>(width);
    height_ = static_cast<int>(height);
    depth_ = body[8];
    colour_ = body[9];
    interlaced_ = body[12] != 0;
    if (body[10] != 0 || body[11] != 0) return "damaged PNG: unknown compression or filter method";
    const bool byte_samples = depth_ == 8 || depth_ == 16;
    switch (colour_) {
      case kGrey:
        channels_ = 1;
        kind_ = depth_ == 16  ? PixelKind::kGrey16
                : depth_ == 1 ? PixelKind::kIndexed
                              : PixelKind::kColour;
        if (byte_samples || depth_ == 1 || depth_ == 2 || depth_ == 4) return {};
        break;
      case kPalette:
        channels_ = 1;
        kind_ = PixelKind::kIndexed;
        if (depth_ == 1 || depth_ == 2 || depth_ == 4 || depth_ == 8) return {};
        break;
      case kTrueColour:
        channels_ = 3;
        kind_ = PixelKind::kColour;
        if (byte_samples) return {};
        break;
      case kGreyAlpha:
        channels_ = 2;
        kind_ = PixelKind::kAlpha;
        if (byte_samples) return {};
        break;
      case kTrueColourAlpha:
        channels_ = 4;
        kind_ = PixelKind::kAlpha;
        if (byte_samples) return {};
        break;
      default:
        break;
    }
    return "damaged PNG: " + std::to_string(depth_) + " bits a sample with colour type " +
           std::to_string(colour_);
  }

  std::string read_pass(const Pass& pass, Image& image) {
    const int columns = (width_ - pass.x + pass.dx - 1) / pass.dx,
              rows = (height_ - pass.y + pass.dy - 1) / pass.dy;
    if (columns <= 0 || rows <= 0) return {};
    const size_t bits = static_cast<size_t>(depth_) * static_cast<size_t>(channels_);
    const size_t length = (static_cast<size_t>(columns) * bits + 7) / 8;
    const size_t distance = std::max<size_t>(1, bits / 8);
    row_.assign(length + 1, 0);
    above_.assign(length + 1, 0);
    for (int i = 0; i < rows; ++i) {
      const int y = pass.y + i * pass.dy;
      // Nothing below the region is needed, except that later passes of an interlaced picture start
      // again at the top.
      if (!interlaced_ && y >= region_.y + region_.height) break;
      if (std::string problem = inflater_.read(row_); !problem.empty()) {
        return problem.starts_with("truncated")
                   ? problem + " (row " + std::to_string(y) + " of " + std::to_string(height_) + ")"
                   : problem;
      }
      if (!undo_filter(row_[0], std::span(row_).subspan(1), std::span(above_).subspan(1),
                       distance)) {
        return "damaged PNG: unknown filter " + std::to_string(row_[0]) + " in row " +
               std::to_string(y);
      }
      if (y >= region_.y && y < region_.y + region_.height)
        place_row(pass, &row_[1], image.row(y - region_.y));
      std::swap(row_, above_);
    }
    return {};
  }

  /// Puts the pixels of one row of a pass that lie inside the region where they belong.
  void place_row(const Pass& pass, const uint8_t* samples, uint8_t* target) const {
    const int begin = region_.x <= pass.x ? 0 : (region_.x - pass.x + pass.dx - 1) / pass.dx;
    const int right = region_.x + region_.width;
    for (int i = begin, x = pass.x + begin * pass.dx; x < right; ++i, x += pass.dx) {
      const size_t pixel = static_cast<size_t>(i);
      uint8_t* out = target + static_cast<size_t>(x - region_.x) * Image::bytes_a_pixel(kind_);
      if (colour_ == kTrueColour && depth_ == 8) {
        put(out, samples[3 * pixel], samples[3 * pixel + 1], samples[3 * pixel + 2], 255);
      } else if (colour_ == kTrueColourAlpha && depth_ == 8) {
        std::memcpy(out, samples + 4 * pixel, 4);
      } else {
        place_rare(samples, pixel, out);
      }
    }
  }

  void place_rare(const uint8_t* samples, size_t pixel, uint8_t* out) const {
    const size_t step =
        depth_ == 16 ? 2 : 1;  // of a 16-bit sample the high byte, which comes first
    const uint8_t* at = samples + pixel * static_cast<size_t>(channels_) * step;
    switch (colour_) {
      case kGrey:
        if (depth_ == 16) {
          out[0] = at[1];
          out[1] = at[0];
        } else {
          const auto grey =
              static_cast<uint8_t>(small_sample(samples, pixel) * (255 / ((1 << depth_) - 1)));
          put(out, grey, grey, grey, 255);
        }
        break;
      case kPalette: {
        const auto& [red, green, blue] = palette_[small_sample(samples, pixel)];
        put(out, red, green, blue, 255);
        break;
      }
      case kGreyAlpha:
        put(out, at[0], at[0], at[0], at[step]);
        break;
      case kTrueColour:
        put(out, at[0], at[step], at[2 * step], 255);
        break;
      default:
        put(out, at[0], at[step], at[2 * step], at[3 * step]);
        break;
    }
  }

  /// A sample of 1, 2, 4 or 8 bits, the first one in the highest bits.
  unsigned small_sample(const uint8_t* samples, size_t pixel) const {
    const size_t bit = pixel * static_cast<size_t>(depth_);
    return (samples[bit / 8] >> (8 - depth_ - static_cast<int>(bit % 8))) & ((1U << depth_) - 1);
  }

  static void put(uint8_t* out, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha) {
    out[0] = red;
    out[1] = green;
    out[2] = blue;
    out[3] = alpha;
  }

  std::span<const uint8_t> file_;
  size_t first_data_ = 0;
  int depth_ = 8, colour_ = 0, channels_ = 1;
  bool interlaced_ = false;
  std::array<std::array<uint8_t, 3>, 256> palette_{};
  Crop region_{};
  Inflater inflater_;
  std::vector<uint8_t> row_, above_;
};

}  // namespace

std::unique_ptr<ImageDecoder> make_png_decoder() { return std::make_unique<PngDecoder>(); }

}  // namespace clipwright::data::image
