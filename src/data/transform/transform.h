// From the bytes of a picture to the (3, S, S) uint8 tensor a model sees, bit-equal to Pillow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/preprocessing.h"
#include "core/random.h"
#include "data/image/crop.h"
#include "data/transform/drawn_view.h"
#include "data/transform/view_recipe.h"

namespace clipwright::data::transform {

/// Decodes and transforms pictures; keeps its scratch memory, so use one a thread and keep it.
class ImagePipeline {
 public:
  ImagePipeline(const Preprocessing& preprocessing, int size);
  ImagePipeline(ImagePipeline&&) noexcept;
  ~ImagePipeline();

  /// Evaluation: shorter side resized in the picture's own mode, centre crop, then RGB (both sides
  /// resized and nothing cut where the resize mode is `squash`). Fills `chw` (3 * size * size).
  /// Returns an empty string, or why the picture cannot be used (then `chw` is unspecified). Never
  /// throws for bad bytes.
  std::string evaluate(std::span<const std::byte> file, std::span<uint8_t> chw);

  /// Training: random resized crop, then RGB. The draw depends on `random`
  /// and the picture's size only.
  std::string train(std::span<const std::byte> file, Random& random, std::span<uint8_t> chw);

  /// Training with a crop chosen by the caller, which must lie inside the picture (else a reason is
  /// returned).
  std::string crop(std::span<const std::byte> file, const image::Crop& crop,
                   std::span<uint8_t> chw);

  /// The views of a training step, `chw` = (views, 3, size, size): each drawn by its recipe from
  /// its own random numbers, the picture decoded once. The bits of a view are those it has alone;
  /// where a recipe only crops, those of `train`. Recipes say how to interpolate; the pipeline's
  /// preprocessing has no part in it.
  std::string views(std::span<const std::byte> file, std::span<const ViewRecipe> recipes,
                    std::span<Random> draws, std::span<uint8_t> chw);

  /// The same with views drawn by the caller, whose crops must lie inside the picture (else a
  /// reason is returned).
  std::string views(std::span<const std::byte> file, std::span<const DrawnView> drawn,
                    std::span<uint8_t> chw);

  /// The whole picture resized to size x size, converted to RGB.
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
void normalize(std::span<const uint8_t> chw, int size, const Preprocessing& preprocessing,
               std::span<float> out);

}  // namespace clipwright::data::transform
