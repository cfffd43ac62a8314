#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>

#include "data/image/image_decoder.h"

namespace clipwright::data::image {
namespace {

std::string describe(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "truncated WebP";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "WebP: not enough memory to decode it";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "WebP: a feature this version of libwebp does not know";
    default:
      return "damaged WebP";
  }
}

class WebpDecoder : public ImageDecoder {
 public:
  std::string open(std::span<const std::byte> file) override {
    file_ = {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
    WebPBitstreamFeatures features;
    if (const VP8StatusCode status = WebPGetFeatures(file_.data(), file_.size(), &features);
        status != VP8_STATUS_OK) {
      return describe(status);
    }
    width_ = features.width;
    height_ = features.height;
    kind_ = features.has_alpha != 0 ? PixelKind::kAlpha : PixelKind::kColour;
    animated_ = features.has_animation != 0;
    return refuse_size(width_, height_);
  }

  std::string decode(const Crop& region, Image& image) override {
    image.allocate(width_, height_, kind_);
    if (std::string problem = animated_ ? decode_first_frame(image) : decode_still(image);
        !problem.empty())
      return problem;
    image.keep_columns(region.x, region.width);
    image.keep_rows(region.y, region.height);
    return {};
  }

 private:
  std::string decode_still(Image& image) {
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0)
      return "WebP: the installed libwebp does not fit this program";
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image.row(0);
    config.output.u.RGBA.stride = static_cast<int>(image.stride());
    config.output.u.RGBA.size = image.stride() * static_cast<size_t>(height_);
    const VP8StatusCode status = WebPDecode(file_.data(), file_.size(), &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? std::string() : describe(status);
  }

  /// An animation is represented by its first frame on the canvas.
  std::string decode_first_frame(Image& image) {
    const WebPData data = {file_.data(), file_.size()};
    const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(
        WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
    uint8_t* canvas = nullptr;
    int time = 0;
    if (!decoder || WebPAnimDecoderGetNext(decoder.get(), &canvas, &time) == 0)
      return "damaged WebP animation";
    std::memcpy(image.row(0), canvas, image.stride() * static_cast<size_t>(height_));
    return {};
  }

  std::span<const uint8_t> file_;
  bool animated_ = false;
};

}  // namespace

std::unique_ptr<ImageDecoder> make_webp_decoder() { return std::make_unique<WebpDecoder>(); }

}  // namespace clipwright::data::image
