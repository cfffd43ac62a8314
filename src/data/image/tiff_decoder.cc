#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "data/image/image_decoder.h"
#include "data/image/tiff_source.h"

namespace clipwright::data::image {
namespace {

/// How a pixel's samples become one of our kinds.
enum class Layout {
  kBits,       // one bit
  kGrey,       // 2, 4, 8 bits; further samples are passed over
  kGreyAlpha,  // 8 bits each
  kGrey16,
  kPalette,  // 1, 2, 4, 8 bits
  kColour,   // 8 or 16 bits a sample, of which the high byte counts
  kAlpha,    // the same with an alpha
  kPremultiplied,
  kInk,
  kByLibrary,  // libtiff makes R G B A of it
};

/// The first picture of a TIFF by libtiff, turned as its orientation says, in the values that
/// Pillow makes of it. Source: Pillow's TiffImagePlugin, table OPEN_INFO.
class TiffDecoder : public ImageDecoder {
 public:
  TiffDecoder() = default;
  ~TiffDecoder() override { close(); }
  TiffDecoder(const TiffDecoder&) = delete;
  TiffDecoder& operator=(const TiffDecoder&) = delete;

  std::string open(std::span<const std::byte> file) override {
    close();
    source_ = {.bytes = {reinterpret_cast<const uint8_t*>(file.data()), file.size()}};
    const ReadingTiff now(source_);
    tiff_ = open_tiff(source_);
    if (tiff_ == nullptr) return damaged();
    uint32_t width = 0, height = 0;
    if (TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &width) == 0 ||
        TIFFGetField(tiff_, TIFFTAG_IMAGELENGTH, &height) == 0)
      return "damaged TIFF: it says no size";
    if (std::string problem = refuse_size(width, height); !problem.empty()) return problem;
    if (std::string problem = choose_layout(); !problem.empty()) return problem;
    stored_width_ = static_cast<int>(width);
    stored_height_ = static_cast<int>(height);
    uint16_t orientation = 1;
    TIFFGetFieldDefaulted(tiff_, TIFFTAG_ORIENTATION, &orientation);
    orientation_ = orientation >= 1 && orientation <= 8 ? orientation : 1;
    width_ = orientation_ > 4 ? stored_height_ : stored_width_;
    height_ = orientation_ > 4 ? stored_width_ : stored_height_;
    return {};
  }

  std::string decode(const Crop& region, Image& image) override {
    const ReadingTiff now(source_);
    Image& stored = orientation_ == 1 ? image : stored_;
    stored.allocate(stored_width_, stored_height_, kind_);
    std::string problem = layout_ == Layout::kByLibrary ? read_by_library(stored)
                          : TIFFIsTiled(tiff_) != 0     ? read_tiles(stored)
                                                        : read_rows(stored);
    if (!problem.empty()) return problem;
    if (orientation_ == 1) {
      image.keep_columns(region.x, region.width);
      image.keep_rows(region.y, region.height);
    } else {
      turn(region, image);
    }
    return {};
  }

 private:
  void close() {
    if (tiff_ != nullptr) TIFFClose(tiff_);
    tiff_ = nullptr;
  }

  std::string damaged() const {
    return "damaged TIFF: " + (source_.complaint.empty() ? "it cannot be read" : source_.complaint);
  }

  uint16_t field(uint32_t tag, uint16_t otherwise) const {
    uint16_t value = otherwise;
    return TIFFGetFieldDefaulted(tiff_, tag, &value) != 0 ? value : otherwise;
  }

  std::string choose_layout() {
    const uint16_t compression = field(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    if (TIFFIsCODECConfigured(compression) == 0)
      return "a TIFF with compression " + std::to_string(compression) + ", which is not decoded";
    photometric_ = PHOTOMETRIC_MINISWHITE;
    TIFFGetField(tiff_, TIFFTAG_PHOTOMETRIC, &photometric_);
    if (compression == COMPRESSION_OJPEG)
      return "a TIFF with JPEG of the old style, which is not decoded; convert it once, e.g. with "
             "ImageMagick";
    bits_ = field(TIFFTAG_BITSPERSAMPLE, 1);
    samples_ = field(TIFFTAG_SAMPLESPERPIXEL, 1);
    separate_ = field(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    const uint16_t format = field(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    uint16_t extras = 0;
    uint16_t* extra = nullptr;
    // libtiff makes up what the file does not say, and grey of a palette that is cut off.
    if (stated(source_.bytes, TIFFTAG_PHOTOMETRIC) == PHOTOMETRIC_PALETTE &&
        photometric_ != PHOTOMETRIC_PALETTE)
      return "truncated TIFF: its palette cannot be read";
    if (stated(source_.bytes, TIFFTAG_EXTRASAMPLES))
      TIFFGetFieldDefaulted(tiff_, TIFFTAG_EXTRASAMPLES, &extras, &extra);
    const uint16_t first_extra =
        extras > 0 && extra != nullptr ? extra[0] : EXTRASAMPLE_UNSPECIFIED;
    const auto unknown = [&](const std::string& what) {
      return "a TIFF with " + what +
             ", which is not decoded; convert it once to 8 bits, e.g. with ImageMagick";
    };
    if (samples_ == 0 || samples_ > 6)
      return unknown(std::to_string(samples_) + " samples a pixel");
    const bool signed8 = format == SAMPLEFORMAT_INT && bits_ == 8 && samples_ == 1;
    if (format != SAMPLEFORMAT_UINT && !signed8)
      return unknown("signed or floating numbers of " + std::to_string(bits_) + " bits");
    const std::string depth =
        std::to_string(samples_) + " samples of " + std::to_string(bits_) + " bits";
    const bool bytes = bits_ == 8 || bits_ == 16;
    switch (photometric_) {
      case PHOTOMETRIC_MINISWHITE:
      case PHOTOMETRIC_MINISBLACK:
        return choose_grey(extras, first_extra) ? "" : unknown("grey in " + depth);
      case PHOTOMETRIC_PALETTE:
        if (samples_ > 2 || bits_ > 8 || bits_ == 0 || (bits_ & (bits_ - 1)) != 0 ||
            (samples_ == 2 && (bits_ != 8 || first_extra != EXTRASAMPLE_UNSPECIFIED)))
          return unknown("a palette and " + depth);
        return read_palette();
      case PHOTOMETRIC_RGB:
        if (samples_ < 3 || !bytes) return unknown("colours in " + depth);
        set(Layout::kColour, PixelKind::kColour);
        // Four samples of which nothing is said are R G B A, as Pillow has it.
        if (samples_ > 3 && (extras == 0 || first_extra == EXTRASAMPLE_UNASSALPHA ||
                             first_extra > EXTRASAMPLE_UNASSALPHA))
          set(Layout::kAlpha, PixelKind::kAlpha);
        if (samples_ > 3 && extras > 0 && first_extra == EXTRASAMPLE_ASSOCALPHA)
          set(Layout::kPremultiplied, PixelKind::kAlpha);
        return {};
      case PHOTOMETRIC_SEPARATED:
        if (samples_ < 4 || !bytes) return unknown("inks in " + depth);
        set(Layout::kInk, PixelKind::kInk);
        return {};
      case PHOTOMETRIC_YCBCR:
        if (compression == COMPRESSION_NONE || bits_ != 8 || (samples_ != 3 && samples_ != 1))
          return unknown("YCbCr in " + depth);
        if (samples_ == 1) return choose_grey(0, 0) ? "" : unknown("YCbCr in " + depth);
        if (compression == COMPRESSION_JPEG && !separate_) {
          TIFFSetField(tiff_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
          set(Layout::kColour, PixelKind::kColour);
        } else {
          set(Layout::kByLibrary, PixelKind::kColour);
        }
        return {};
      default:
        return unknown("colours of kind " + std::to_string(photometric_));
    }
  }

  bool choose_grey(uint16_t extras, uint16_t first_extra) {
    if (samples_ == 1 && bits_ == 1) return set(Layout::kBits, PixelKind::kIndexed);
    if (samples_ == 1 && (bits_ == 2 || bits_ == 4 || bits_ == 8))
      return set(Layout::kGrey, PixelKind::kColour);
    if (samples_ == 1 && bits_ == 16) return set(Layout::kGrey16, PixelKind::kGrey16);
    if (samples_ != 2 || bits_ != 8 || photometric_ != PHOTOMETRIC_MINISBLACK || extras != 1)
      return false;
    if (first_extra == EXTRASAMPLE_UNSPECIFIED) return set(Layout::kGrey, PixelKind::kColour);
    if (first_extra == EXTRASAMPLE_UNASSALPHA) return set(Layout::kGreyAlpha, PixelKind::kAlpha);
    return false;
  }

  bool set(Layout layout, PixelKind kind) {
    layout_ = layout;
    kind_ = kind;
    return true;
  }

  std::string read_palette() {
    uint16_t* parts[3] = {};
    if (TIFFGetField(tiff_, TIFFTAG_COLORMAP, &parts[0], &parts[1], &parts[2]) == 0)
      return "damaged TIFF: it has no palette";
    palette_.fill({0, 0, 0});
    for (size_t i = 0; i < size_t{1} << bits_; ++i) {
      for (size_t c = 0; c < 3; ++c) palette_[i][c] = static_cast<uint8_t>(parts[c][i] / 256);
    }
    set(Layout::kPalette, PixelKind::kIndexed);
    return {};
  }

  /// Samples of a plane that are wanted: all of them where they lie together.
  int planes() const { return separate_ ? std::min<int>(samples_, wanted_samples()) : 1; }
  int wanted_samples() const {
    switch (layout_) {
      case Layout::kGreyAlpha:
        return 2;
      case Layout::kColour:
        return 3;
      case Layout::kAlpha:
      case Layout::kPremultiplied:
      case Layout::kInk:
        return 4;
      default:
        return 1;
    }
  }

  std::string read_rows(Image& image) {
    const tmsize_t bytes = TIFFScanlineSize(tiff_);
    const size_t needed = samples_bytes(stored_width_);
    if (bytes <= 0 || static_cast<size_t>(bytes) < needed) return damaged();
    buffer_.assign(static_cast<size_t>(bytes), 0);
    for (int plane = 0; plane < planes(); ++plane) {
      for (int y = 0; y < stored_height_; ++y) {
        if (TIFFReadScanline(tiff_, buffer_.data(), static_cast<uint32_t>(y),
                             static_cast<uint16_t>(plane)) != 1)
          return cut_off(y);
        place(buffer_.data(), stored_width_, plane, image.row(y));
      }
    }
    finish(image);
    return {};
  }

  std::string read_tiles(Image& image) {
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(tiff_, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff_, TIFFTAG_TILELENGTH, &tile_height);
    const tmsize_t bytes = TIFFTileSize(tiff_), row_bytes = TIFFTileRowSize(tiff_);
    // A tile reaches beyond the picture by less than itself, unless the header lies.
    const tmsize_t largest = std::max<tmsize_t>(
        tmsize_t{64} << 20, 16 * static_cast<tmsize_t>(stored_width_) * stored_height_);
    if (tile_width == 0 || tile_height == 0 || bytes <= 0 || row_bytes <= 0 || bytes > largest ||
        bytes / row_bytes < static_cast<tmsize_t>(tile_height))
      return "damaged TIFF: tiles of " + std::to_string(tile_width) + " x " +
             std::to_string(tile_height);
    buffer_.assign(static_cast<size_t>(bytes), 0);
    for (int plane = 0; plane < planes(); ++plane) {
      for (int64_t y = 0; y < stored_height_; y += tile_height) {
        for (int64_t x = 0; x < stored_width_; x += tile_width) {
          const int columns = static_cast<int>(std::min<int64_t>(tile_width, stored_width_ - x));
          const int rows = static_cast<int>(std::min<int64_t>(tile_height, stored_height_ - y));
          if (static_cast<size_t>(row_bytes) < samples_bytes(columns)) return damaged();
          if (TIFFReadTile(tiff_, buffer_.data(), static_cast<uint32_t>(x),
                           static_cast<uint32_t>(y), 0, static_cast<uint16_t>(plane)) < 0)
            return cut_off(static_cast<int>(y));
          for (int i = 0; i < rows; ++i) {
            place(buffer_.data() + i * row_bytes, columns, plane,
                  image.row(static_cast<int>(y) + i) +
                      static_cast<size_t>(x) * Image::bytes_a_pixel(kind_));
          }
        }
      }
    }
    finish(image);
    return {};
  }

  std::string read_by_library(Image& image) {
    std::vector<uint32_t> raster(static_cast<size_t>(stored_width_) *
                                 static_cast<size_t>(stored_height_));
    // Rows as they are stored: turning is ours.
    if (TIFFReadRGBAImageOriented(tiff_, static_cast<uint32_t>(stored_width_),
                                  static_cast<uint32_t>(stored_height_), raster.data(),
                                  orientation_, 1) != 1)
      return damaged();
    for (int y = 0; y < stored_height_; ++y) {
      std::memcpy(image.row(y),
                  &raster[static_cast<size_t>(y) * static_cast<size_t>(stored_width_)],
                  4 * static_cast<size_t>(stored_width_));
    }
    return {};
  }

  std::string cut_off(int row) const {
    return "truncated or damaged TIFF at row " + std::to_string(row) + " of " +
           std::to_string(stored_height_) +
           (source_.complaint.empty() ? std::string() : ": " + source_.complaint);
  }

  /// Of `pixels` pixels of a row, as they lie in the file.
  size_t samples_bytes(int pixels) const {
    const size_t samples = separate_ ? 1 : samples_;
    return (static_cast<size_t>(pixels) * samples * bits_ + 7) / 8;
  }

  /// Puts a row of samples where it belongs. libtiff gives 16-bit samples in the order of this
  /// machine, little-endian.
  void place(const uint8_t* row, int pixels, int plane, uint8_t* out) const {
    if (layout_ == Layout::kGrey16) {
      std::memcpy(out, row, 2 * static_cast<size_t>(pixels));
      return;
    }
    const size_t step = bits_ == 16 ? 2 : 1, high = step - 1;
    const size_t together = separate_ ? 1 : samples_;
    const auto wanted = static_cast<size_t>(separate_ ? 1 : wanted_samples());
    for (int i = 0; i < pixels; ++i, out += 4) {
      const auto x = static_cast<size_t>(i);
      if (layout_ == Layout::kBits || layout_ == Layout::kGrey || layout_ == Layout::kPalette) {
        place_single(bits_ == 8 ? row[x * together] : small_sample(row, x), out);
        continue;
      }
      const uint8_t* at = row + x * together * step + high;
      if (layout_ == Layout::kGreyAlpha) {
        if (plane == 0) out[0] = out[1] = out[2] = at[0];
        if (separate_ ? plane == 1 : true) out[3] = at[separate_ ? 0 : 1];
        continue;
      }
      if (plane == 0 && wanted_samples() == 3) out[3] = 255;
      for (size_t c = 0; c < wanted; ++c) out[static_cast<size_t>(plane) + c] = at[c * step];
    }
  }

  void place_single(unsigned value, uint8_t* out) const {
    out[3] = 255;
    if (layout_ == Layout::kPalette) {
      std::copy(palette_[value].begin(), palette_[value].end(), out);
      return;
    }
    const unsigned most = (1U << bits_) - 1;
    if (photometric_ == PHOTOMETRIC_MINISWHITE) value = most - value;
    out[0] = out[1] = out[2] = static_cast<uint8_t>(value * (255 / most));
  }

  unsigned small_sample(const uint8_t* row, size_t x) const {
    const size_t bit = x * bits_;
    return (row[bit / 8] >> (8 - bits_ - static_cast<int>(bit % 8))) & ((1U << bits_) - 1);
  }

  /// Takes alpha out of colours that were multiplied with it.
  void finish(Image& image) const {
    if (layout_ != Layout::kPremultiplied) return;
    for (int y = 0; y < stored_height_; ++y) {
      uint8_t* pixel = image.row(y);
      for (int x = 0; x < stored_width_; ++x, pixel += 4) {
        const unsigned alpha = pixel[3];
        if (alpha == 255) continue;
        for (int c = 0; c < 3; ++c)
          pixel[c] = alpha == 0 ? 0 : static_cast<uint8_t>(std::min(255U, pixel[c] * 255 / alpha));
      }
    }
  }

  /// The region of the picture as it is to be seen, from the one as it is stored.
  void turn(const Crop& region, Image& image) {
    image.allocate(region.width, region.height, kind_);
    const size_t size = Image::bytes_a_pixel(kind_);
    const int right = stored_width_ - 1, bottom = stored_height_ - 1;
    for (int y = 0; y < region.height; ++y) {
      for (int x = 0; x < region.width; ++x) {
        const int u = region.x + x, v = region.y + y;
        const int across = orientation_ > 4 ? v : u, down = orientation_ > 4 ? u : v;
        // Of the eight ways, which ends of the stored rows and columns come first.
        const bool from_right =
            orientation_ == 2 || orientation_ == 3 || orientation_ == 7 || orientation_ == 8;
        const bool from_bottom =
            orientation_ == 3 || orientation_ == 4 || orientation_ == 6 || orientation_ == 7;
        const uint8_t* from = stored_.row(from_bottom ? bottom - down : down) +
                              static_cast<size_t>(from_right ? right - across : across) * size;
        std::memcpy(image.row(y) + static_cast<size_t>(x) * size, from, size);
      }
    }
  }

  TiffSource source_;
  TIFF* tiff_ = nullptr;
  Layout layout_ = Layout::kColour;
  uint16_t photometric_ = 0, bits_ = 8, samples_ = 1;
  bool separate_ = false;
  uint16_t orientation_ = 1;
  int stored_width_ = 0, stored_height_ = 0;
  std::array<std::array<uint8_t, 3>, 256> palette_{};
  std::vector<uint8_t> buffer_;
  Image stored_;  // before it is turned
};

}  // namespace

std::unique_ptr<ImageDecoder> make_tiff_decoder() { return std::make_unique<TiffDecoder>(); }

}  // namespace clipwright::data::image
