// One view of one picture with its numbers: what a recipe's dice gave, apart from applying it.
#pragma once

#include <vector>

#include "core/preprocessing.h"
#include "core/random.h"
#include "data/image/crop.h"
#include "data/transform/gaussian_blur.h"
#include "data/transform/rgb_planes.h"
#include "data/transform/view_recipe.h"

namespace clipwright::data::transform {

enum class ColourChange { kBrightness, kContrast, kSaturation, kHue };

struct ColourStep {
  ColourChange change;
  double amount;  ///< a factor >= 0; of hue a shift in [-0.5, 0.5] rounds

  bool operator==(const ColourStep&) const = default;
};

struct DrawnView {
  image::Crop crop;  ///< resized to the size of the model's input
  Interpolation interpolation = Interpolation::kBilinear;
  std::vector<ColourStep> jitter;  ///< in the order they are done
  bool grey = false;
  double blur_radius = 0;  ///< Pillow's Gaussian radius; 0: none
  bool mirrored = false;
};

/// Draws a view of a width x height picture, in this order: the crop (`image::draw_crop`); then of
/// what has a chance above 0 whether it happens: the jitter, and at once its brightness, contrast,
/// saturation and hue (those with a range) and their order, a uniform shuffle from the last place
/// down; grey; blur, and at once its radius; the mirror.
DrawnView draw_view(const ViewRecipe& recipe, int width, int height, Random& random);

/// Jitter, grey, blur and mirror of the view on its resized crop, in place.
void apply_colours(const DrawnView& view, const RgbPlanes& picture, GaussianBlur& blur);

}  // namespace clipwright::data::transform
