// How one view of a picture is drawn in training: a random crop, then colour, grey, blur and a
// mirror, each with its chance, in that order (MoCo v2, Chen et al. 2020; SLIP, Mu et al. 2022).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/preprocessing.h"

namespace clipwright::data::transform {

struct ViewRecipe {
  std::string name;
  Interpolation interpolation = Interpolation::kBilinear;
  double crop_scale_min = 0.2, crop_scale_max = 1;  ///< share of the area
  double jitter_chance = 0;  ///< that brightness, contrast, saturation and hue change, in a random
                             ///< order
  double brightness = 0, contrast = 0, saturation = 0;  ///< factors from [max(0, 1 - x), 1 + x]
  double hue = 0;                                       ///< shift of the circle from [-x, x]
  double grey_chance = 0;
  double blur_chance = 0;
  double blur_least = 0.1, blur_most = 2;  ///< Pillow's Gaussian radius
  double mirror_chance = 0;

  bool operator==(const ViewRecipe&) const = default;
};

/// "mocov2", "slip", or a crop alone under a preprocessing recipe's name ("laclip", "openai", ...).
/// Throws Error(kUsage) naming the nearest.
ViewRecipe find_view_recipe(std::string_view name);
std::vector<std::string> view_recipe_names();
/// The crop of a preprocessing and nothing else.
ViewRecipe plain_view(const Preprocessing& preprocessing);

}  // namespace clipwright::data::transform
