#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include <algorithm>

#include "data/image/image_decoder.h"

namespace clipwright::data::image {
namespace {

/// More scans than any encoder writes; each one costs a pass over the whole picture.
constexpr int kMaxScans = 500;
/// Upsampling looks at neighbouring columns, so the cut-out is decoded with this margin and the
/// margin dropped.
constexpr int kMargin = 16;

/// libjpeg reports errors through callbacks that must not return; they jump back to the call that
/// is under way.
struct JpegState {
  jpeg_decompress_struct codec;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  std::jmp_buf back;
  const char* reason;  ///< set when the cause is ours, not one of libjpeg's messages
};

JpegState& state_of(void* client) { return *static_cast<JpegState*>(client); }

void on_error(j_common_ptr codec) { std::longjmp(state_of(codec->client_data).back, 1); }
void on_message(j_common_ptr, int) {}
void on_output(j_common_ptr) {}
void on_source(j_decompress_ptr) {}

boolean on_end_of_bytes(j_decompress_ptr codec) {
  JpegState& state = state_of(codec->client_data);
  state.reason = "truncated JPEG";
  std::longjmp(state.back, 1);
}

void on_skip(j_decompress_ptr codec, long count) {
  if (count <= 0) return;
  if (static_cast<size_t>(count) > codec->src->bytes_in_buffer) on_end_of_bytes(codec);
  codec->src->next_input_byte += count;
  codec->src->bytes_in_buffer -= static_cast<size_t>(count);
}

void on_progress(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number <= kMaxScans) return;
  JpegState& state = state_of(codec->client_data);
  state.reason = "damaged JPEG: more than 500 scans";
  std::longjmp(state.back, 1);
}

class JpegDecoder : public ImageDecoder {
 public:
  JpegDecoder() { create(); }
  ~JpegDecoder() override { jpeg_destroy_decompress(&state_.codec); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  std::string open(std::span<const std::byte> file) override {
    jpeg_abort_decompress(&state_.codec);
    file_ = file;
    state_.source.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
    state_.source.bytes_in_buffer = file.size();
    if (!read_header()) return failure();
    const jpeg_decompress_struct& codec = state_.codec;
    if (codec.num_components != 1 && codec.num_components != 3 && codec.num_components != 4) {
      return "a JPEG with " + std::to_string(codec.num_components) +
             " colour components (1, 3 or 4 are known)";
    }
    width_ = static_cast<int>(codec.image_width);
    height_ = static_cast<int>(codec.image_height);
    kind_ = codec.num_components == 4 ? PixelKind::kInk : PixelKind::kColour;
    return refuse_size(width_, height_);
  }

  std::string decode(const Crop& region, Image& image) override {
    int first = std::max(0, region.x - kMargin);
    int columns = std::min(width_, region.x + region.width + kMargin) - first;
    // Cutting saves little and costs a set-up of the upsampler, so nearly whole rows are decoded
    // whole.
    if (columns * 8 > width_ * 7) {
      first = 0;
      columns = width_;
    }
    state_.codec.out_color_space = kind_ == PixelKind::kInk ? JCS_CMYK : JCS_EXT_RGBX;
    if (!start(first, columns)) return failure();
    image.allocate(columns, region.height + 1, kind_);  // one row that nobody sees
    if (!read_rows(region, image)) return failure();
    image.keep_rows(0, region.height);
    if (kind_ == PixelKind::kInk) invert(image);
    image.keep_columns(region.x - first, region.width);
    return {};
  }

 private:
  // setjmp may only be left by longjmp into functions that hold no objects with destructors: hence
  // these small ones.

  bool read_header() {
    if (setjmp(state_.back) != 0) return false;
    state_.reason = nullptr;
    jpeg_read_header(&state_.codec, TRUE);
    return true;
  }

  /// Starts decoding of `columns` columns from `first` on, which comes back rounded down to a block
  /// boundary.
  bool start(int& first, int& columns) {
    if (setjmp(state_.back) != 0) return false;
    jpeg_start_decompress(&state_.codec);
    if (columns == width_) return true;
    JDIMENSION offset = static_cast<JDIMENSION>(first), width = static_cast<JDIMENSION>(columns);
    jpeg_crop_scanline(&state_.codec, &offset, &width);
    first = static_cast<int>(offset);
    columns = static_cast<int>(width);
    return true;
  }

  bool read_rows(const Crop& region, Image& image) {
    constexpr int kRows = 16;
    JSAMPROW rows[kRows];
    if (setjmp(state_.back) != 0) return false;
    jpeg_decompress_struct& codec = state_.codec;
    if (region.y > 0) jpeg_skip_scanlines(&codec, static_cast<JDIMENSION>(region.y));
    int y = 0;
    while (y < region.height) {
      const int wanted = std::min(kRows, region.height - y);
      for (int i = 0; i < wanted; ++i) rows[i] = image.row(y + i);
      y += static_cast<int>(jpeg_read_scanlines(&codec, rows, static_cast<JDIMENSION>(wanted)));
    }
    // A file that was cut short below the crop is refused all the same, so that no draw of a crop
    // decides what is damaged. libjpeg skips to the very end without looking at the data, so the
    // last row is read.
    const JDIMENSION left = codec.output_height - codec.output_scanline;
    if (left > 0 && !end_marker_follows()) {
      if (left > 1) jpeg_skip_scanlines(&codec, left - 1);
      rows[0] = image.row(region.height);
      jpeg_read_scanlines(&codec, rows, 1);
    }
    return true;
  }

  bool end_marker_follows() const {
    const JOCTET* begin = state_.source.next_input_byte;
    for (const JOCTET* at = begin + state_.source.bytes_in_buffer; at - begin >= 2; --at) {
      if (at[-1] == JPEG_EOI && at[-2] == 0xFF) return true;
    }
    return false;
  }

  /// Adobe's files hold 255 - ink, and Pillow takes every four-component file for one of them.
  static void invert(Image& image) {
    for (int y = 0; y < image.height(); ++y) {
      uint8_t* row = image.row(y);
      for (size_t i = 0; i < image.stride(); ++i) row[i] = static_cast<uint8_t>(255 - row[i]);
    }
  }

  std::string failure() {
    std::string reason;
    if (state_.reason != nullptr) {
      reason = state_.reason;
      const auto& codec = state_.codec;
      if (codec.output_height > 0 && codec.output_scanline < codec.output_height) {
        reason += ": the data ends at row " + std::to_string(codec.output_scanline) + " of " +
                  std::to_string(codec.output_height);
      }
    } else {
      char message[JMSG_LENGTH_MAX] = "";
      state_.errors.format_message(reinterpret_cast<j_common_ptr>(&state_.codec), message);
      reason = std::string("damaged JPEG: ") + message;
    }
    jpeg_destroy_decompress(&state_.codec);
    create();
    return reason;
  }

  void create() {
    std::memset(&state_, 0, sizeof state_);
    state_.codec.err = jpeg_std_error(&state_.errors);
    state_.errors.error_exit = on_error;
    state_.errors.emit_message =
        on_message;  // warnings: Pillow shows a picture with them, so do we
    state_.errors.output_message = on_output;
    jpeg_create_decompress(&state_.codec);
    state_.codec.client_data = &state_;
    state_.codec.src = &state_.source;
    state_.source.init_source = on_source;
    state_.source.fill_input_buffer = on_end_of_bytes;
    state_.source.skip_input_data = on_skip;
    state_.source.resync_to_restart = jpeg_resync_to_restart;
    state_.source.term_source = on_source;
    state_.codec.progress = &state_.progress;
    state_.progress.progress_monitor = on_progress;
  }

  JpegState state_;
  std::span<const std::byte> file_;
};

}  // namespace

std::unique_ptr<ImageDecoder> make_jpeg_decoder() { return std::make_unique<JpegDecoder>(); }

}  // namespace clipwright::data::image
