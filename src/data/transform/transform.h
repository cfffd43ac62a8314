// From the bytes of a picture to the (3, S, S) uint8 tensor a model sees, bit-equal to Pillow.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "data/image/crop.h"
#include "data/transform/resample_axis.h"

namespace clipwright::data::transform {

/// How pictures are prepared for a family of models (docs/formats/preprocessing.md).
struct Recipe {
  std::string name;
  Interpolation interpolation;
  std::array<float, 3> mean, std;  ///< of RGB in [0, 1]
  double resize_ratio = 1.0;    ///< evaluation: the shorter side goes to round(size * resize_ratio)
                                ///< before the centre crop
  double crop_scale_min = 0.9;  ///< training: smallest area share of the random crop
  double crop_scale_max = 1.0;
};

/// `openai`, `laclip`, `declip` or `imagenet`. Throws Error(kUsage) naming the nearest.
const Recipe& find_recipe(std::string_view name);

/// A recipe called "model" from what an open_clip configuration says: `interpolation` "bicubic" or
/// "bilinear", three values each of `mean` and `std`. Throws Error(kInput) for another
/// interpolation.
Recipe recipe_of_model(std::string_view interpolation, std::span<const double> mean,
                       std::span<const double> std);

/// Decodes and transforms pictures; keeps its scratch memory, so use one a thread and keep it.
class ImagePipeline {
 public:
  ImagePipeline(const Recipe& recipe, int size);
  ImagePipeline(ImagePipeline&&) noexcept;
  ~ImagePipeline();

  /// Evaluation: shorter side resized in the picture's own mode, centre crop, then RGB. Fills `chw`
  /// (3 * size * size). Returns an empty string, or why the picture cannot be used (then `chw` is
  /// unspecified). Never throws for bad bytes.
  std::string evaluate(std::span<const std::byte> file, std::span<uint8_t> chw);

  /// Training: random resized crop (scale of the recipe), then RGB. The draw depends on `random`
  /// and the picture's size only.
  std::string train(std::span<const std::byte> file, Random& random, std::span<uint8_t> chw);

  /// Training with a crop chosen by the caller, which must lie inside the picture (else a reason is
  /// returned).
  std::string crop(std::span<const std::byte> file, const image::Crop& crop, std::span<uint8_t> chw);

  /// Plain: the whole picture resized to size x size, converted to RGB (for thumbnails and
  /// `--augment none`, which is `evaluate`).
  std::string thumbnail(std::span<const std::byte> file, std::span<uint8_t> chw);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A whole picture, (height, width, 3) bytes, converted to RGB as Pillow's convert("RGB") does.
struct RgbImage {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;
};
/// Returns an empty string, or why the file cannot be used.
std::string decode_rgb(std::span<const std::byte> file, RgbImage& image);

/// out[i] = (chw[i] / 255 - mean[c]) / std[c] in float, in the references' order of operations.
void normalize(std::span<const uint8_t> chw, int size, const Recipe& recipe, std::span<float> out);

}  // namespace clipwright::data::transform
