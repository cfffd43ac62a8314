#include "data/transform/drawn_view.h"

#include <algorithm>
#include <utility>

#include "data/transform/colour_operations.h"

namespace clipwright::data::transform {
namespace {

double between(double least, double most, Random& random) {
  return least + (most - least) * random.uniform();
}

/// Draws only where there is something to decide, so that a recipe that only crops uses no more
/// numbers than a crop.
bool happens(double chance, Random& random) { return chance > 0 && random.uniform() < chance; }

std::vector<ColourStep> draw_jitter(const ViewRecipe& recipe, Random& random) {
  std::vector<ColourStep> steps;
  const auto factor = [&](ColourChange change, double range) {
    if (range > 0) steps.push_back({change, between(std::max(0.0, 1 - range), 1 + range, random)});
  };
  factor(ColourChange::kBrightness, recipe.brightness);
  factor(ColourChange::kContrast, recipe.contrast);
  factor(ColourChange::kSaturation, recipe.saturation);
  if (recipe.hue > 0)
    steps.push_back({ColourChange::kHue, between(-recipe.hue, recipe.hue, random)});
  for (size_t last = steps.size(); last > 1; --last)
    std::swap(steps[last - 1], steps[random.below(last)]);
  return steps;
}

}  // namespace

DrawnView draw_view(const ViewRecipe& recipe, int width, int height, Random& random) {
  DrawnView view{
      .crop = image::draw_crop(width, height, recipe.crop_scale_min, recipe.crop_scale_max, random),
      .interpolation = recipe.interpolation};
  if (happens(recipe.jitter_chance, random)) view.jitter = draw_jitter(recipe, random);
  view.grey = happens(recipe.grey_chance, random);
  if (happens(recipe.blur_chance, random))
    view.blur_radius = between(recipe.blur_least, recipe.blur_most, random);
  view.mirrored = happens(recipe.mirror_chance, random);
  return view;
}

void apply_colours(const DrawnView& view, const RgbPlanes& picture, GaussianBlur& blur) {
  for (const auto& [change, amount] : view.jitter) {
    switch (change) {
      case ColourChange::kBrightness:
        adjust_brightness(picture, amount);
        break;
      case ColourChange::kContrast:
        adjust_contrast(picture, amount);
        break;
      case ColourChange::kSaturation:
        adjust_saturation(picture, amount);
        break;
      case ColourChange::kHue:
        shift_hue(picture, amount);
        break;
    }
  }
  if (view.grey) make_grey(picture);
  if (view.blur_radius > 0) blur(picture, view.blur_radius);
  if (view.mirrored) mirror(picture);
}

}  // namespace clipwright::data::transform
