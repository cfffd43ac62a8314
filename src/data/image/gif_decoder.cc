#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "data/image/image_decoder.h"

namespace clipwright::data::image {
namespace {

constexpr int kTable = 4096;  // codes of at most 12 bits

/// Codes of a growing number of bits from the sub-blocks of an image, lowest bit first.
class CodeReader {
 public:
  CodeReader(std::span<const uint8_t> file, size_t at) : file_(file), at_(at) {}

  /// False where the data end, whether with the mark of their end or with the file.
  bool next(int bits, unsigned& code) {
    while (held_ < bits) {
      if (left_ == 0) {
        if (at_ >= file_.size() || file_[at_] == 0) return false;
        left_ = file_[at_++];
      }
      if (at_ >= file_.size()) return false;
      buffer_ |= static_cast<uint32_t>(file_[at_++]) << held_;
      held_ += 8;
      --left_;
    }
    code = buffer_ & ((1U << bits) - 1);
    buffer_ >>= bits;
    held_ -= bits;
    return true;
  }

 private:
  std::span<const uint8_t> file_;
  size_t at_;
  uint32_t buffer_ = 0;
  int held_ = 0, left_ = 0;
};

/// Reads the first frame of a GIF on its canvas, with a reader of its own because Pillow has one:
/// it passes over stray bytes between blocks, lets a frame enlarge the canvas, paints what no frame
/// covers with the transparent colour, and takes a palette that is a grey ramp for grey. Source:
/// the GIF89a specification.
class GifDecoder : public ImageDecoder {
 public:
  std::string open(std::span<const std::byte> file) override {
    file_ = {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
    if (file_.size() < 13) return "truncated GIF: it ends in its header";
    width_ = little_endian(6);
    height_ = little_endian(8);
    at_ = 13;
    palette_.clear();
    transparent_ = -1;
    if ((file_[10] & 0x80) != 0 && !read_palette(file_[10])) return "truncated GIF palette";
    if (std::string problem = find_frame(); !problem.empty()) return problem;
    kind_ = palette_.empty() ? PixelKind::kColour : PixelKind::kIndexed;
    return refuse_size(width_, height_);
  }

  std::string decode(const Crop& region, Image& image) override {
    image.allocate(region.width, region.height, kind_);
    const uint32_t background = colour_of(transparent_ < 0 ? 0 : transparent_);
    for (int y = 0; y < region.height; ++y) {
      for (int x = 0; x < region.width; ++x) std::memcpy(image.row(y) + 4 * x, &background, 4);
    }
    return read_frame(region, image);
  }

 private:
  int little_endian(size_t at) const { return file_[at] | file_[at + 1] << 8; }

  /// A palette that only says that 0 is black, 1 a little lighter, ... is none: the picture is
  /// grey.
  bool read_palette(int flags) {
    const size_t bytes = size_t{3} << ((flags & 7) + 1);
    if (file_.size() - at_ < bytes) return false;
    palette_.assign(file_.begin() + static_cast<long>(at_),
                    file_.begin() + static_cast<long>(at_ + bytes));
    at_ += bytes;
    for (size_t i = 0; i < bytes; ++i) {
      if (palette_[i] != i / 3) return true;
    }
    palette_.clear();
    return true;
  }

  /// The bytes of a sub-block; none at the end of them or of the file.
  std::span<const uint8_t> sub_block() {
    if (at_ >= file_.size()) return {};
    const size_t size = std::min<size_t>(file_[at_], file_.size() - at_ - 1);
    const auto block = file_.subspan(at_ + 1, size);
    at_ += 1 + size;
    return block;
  }

  /// Reads up to the data of the first frame.
  std::string find_frame() {
    for (;;) {
      if (at_ >= file_.size() || file_[at_] == ';') return "damaged GIF: it holds no picture";
      const uint8_t mark = file_[at_++];
      if (mark == '!') {
        if (at_ >= file_.size()) return "truncated GIF: it ends in an extension";
        const uint8_t label = file_[at_++];
        const auto block = sub_block();
        if (label == 0xF9 && block.size() >= 4 && (block[0] & 1) != 0) transparent_ = block[3];
        if (block.empty()) continue;
        while (!sub_block().empty()) {
        }
      } else if (mark == ',') {
        return read_frame_header();
      }
    }
  }

  std::string read_frame_header() {
    if (file_.size() - at_ < 10) return "truncated GIF: it ends in the header of its picture";
    frame_ = {little_endian(at_), little_endian(at_ + 2), little_endian(at_ + 4),
              little_endian(at_ + 6)};
    const uint8_t flags = file_[at_ + 8];
    at_ += 9;
    width_ = std::max(width_, frame_.x + frame_.width);
    height_ = std::max(height_, frame_.y + frame_.height);
    interlaced_ = (flags & 0x40) != 0;
    if ((flags & 0x80) != 0 && !read_palette(flags)) return "truncated GIF palette";
    if (at_ >= file_.size()) return "truncated GIF: it ends before its picture data";
    bits_ = file_[at_++];
    if (bits_ > 12) return "damaged GIF: codes of " + std::to_string(bits_) + " bits";
    if (frame_.width == 0 || frame_.height == 0) return "damaged GIF: its frame has no pixels";
    return {};
  }

  uint32_t colour_of(int index) const {
    std::array<uint8_t, 4> colour = {static_cast<uint8_t>(index), static_cast<uint8_t>(index),
                                     static_cast<uint8_t>(index), 255};
    if (!palette_.empty()) {
      const size_t at = 3 * static_cast<size_t>(index);
      for (size_t c = 0; c < 3; ++c) colour[c] = at + c < palette_.size() ? palette_[at + c] : 0;
    }
    uint32_t packed = 0;
    std::memcpy(&packed, colour.data(), 4);
    return packed;
  }

  /// The rows of a frame in the order in which they are stored.
  struct Rows {
    int height;
    bool interlaced;
    int y = 0, pass = 0;
    void next() {
      static constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
      y += interlaced ? kStep[pass] : 1;
      while (interlaced && y >= height && pass < 3) y = kFirst[++pass];
    }
    bool done() const { return y >= height; }
  };

  /// LZW with codes that grow from `bits_` + 1 to 12 bits (GIF89a, appendix F).
  std::string read_frame(const Crop& region, Image& image) {
    std::array<uint32_t, 256> colours;
    for (int i = 0; i < 256; ++i) colours[static_cast<size_t>(i)] = colour_of(i);
    Rows rows{frame_.height, interlaced_};
    int x = 0;
    const auto put = [&](uint8_t index) {
      const int column = frame_.x + x - region.x, row = frame_.y + rows.y - region.y;
      if (column >= 0 && column < region.width && row >= 0 && row < region.height)
        std::memcpy(image.row(row) + 4 * static_cast<size_t>(column), &colours[index], 4);
      if (++x == frame_.width) {
        x = 0;
        rows.next();
      }
    };
    CodeReader codes(file_, at_);
    const unsigned clear = 1U << bits_, end = clear + 1;
    int size = bits_ + 1;
    unsigned next = clear + 2, last = 0, code = 0;
    uint8_t first = 0;  // of the string of the last code
    bool fresh = true;  // nothing since the table was cleared
    std::array<uint8_t, kTable> string;
    while (!rows.done()) {
      if (!codes.next(size, code) || code == end) {
        return "truncated GIF: its data end at row " + std::to_string(rows.y) + " of " +
               std::to_string(frame_.height);
      }
      if (code == clear) {
        size = bits_ + 1;
        next = clear + 2;
        fresh = true;
        continue;
      }
      if (fresh ? code > clear : code > next) return "damaged GIF: a code that stands for nothing";
      size_t length = 0;
      unsigned at = code;
      if (!fresh && code == next) {
        string[length++] = first;
        at = last;
      }
      for (; at >= clear; at = link_[at]) {
        // A table that is full takes no more, so `next` itself may be beyond it.
        if (length >= kTable || at >= kTable) return "damaged GIF: a code that stands for nothing";
        string[length++] = last_byte_[at];
      }
      first = static_cast<uint8_t>(at);
      put(first);
      while (length > 0 && !rows.done()) put(string[--length]);
      if (!fresh && next < kTable) {
        last_byte_[next] = first;
        link_[next] = static_cast<uint16_t>(last);
        if (next == (1U << size) - 1 && size < 12) ++size;
        ++next;
      }
      last = code;
      fresh = false;
    }
    return {};
  }

  std::span<const uint8_t> file_;
  size_t at_ = 0;
  std::vector<uint8_t> palette_;  // R G B ...; empty: grey
  int transparent_ = -1, bits_ = 0;
  Crop frame_{};
  bool interlaced_ = false;
  std::array<uint8_t, kTable> last_byte_{};  // of a code's string
  std::array<uint16_t, kTable> link_{};      // the code of the string before it
};

}  // namespace

std::unique_ptr<ImageDecoder> make_gif_decoder() { return std::make_unique<GifDecoder>(); }

}  // namespace clipwright::data::image
