#include "train/image_recipe.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace clipwright {
namespace {

bool near(const std::array<float, 3>& a, const std::vector<double>& b) {
  return b.size() == 3 && std::equal(a.begin(), a.end(), b.begin(),
                                     [](float x, double y) { return std::abs(x - y) < 1e-4; });
}

std::array<float, 3> three(const std::vector<double>& values) {
  CW_CHECK(values.size() == 3, "mean and std have three values");
  return {static_cast<float>(values[0]), static_cast<float>(values[1]),
          static_cast<float>(values[2])};
}

/// The named recipe with a model's statistics and interpolation, or one of its own.
Recipe own_recipe(const PreprocessConfig& preprocess) {
  const Interpolation interpolation =
      preprocess.interpolation == "bilinear" ? Interpolation::kBilinear : Interpolation::kBicubic;
  for (const char* name : {"openai", "laclip"}) {
    const Recipe& recipe = find_recipe(name);
    if (recipe.interpolation == interpolation && near(recipe.mean, preprocess.mean) &&
        near(recipe.std, preprocess.std))
      return recipe;
  }
  return {.name = "model",
          .interpolation = interpolation,
          .mean = three(preprocess.mean),
          .std = three(preprocess.std)};
}

}  // namespace

Recipe training_recipe(const PreprocessConfig& preprocess, const std::string& augment) {
  Recipe recipe = own_recipe(preprocess);
  if (augment.empty() || augment == "none" || augment == "model" || augment == recipe.name)
    return recipe;
  const Recipe& crop = find_recipe(augment);
  recipe.crop_scale_min = crop.crop_scale_min;
  recipe.crop_scale_max = crop.crop_scale_max;
  return recipe;
}

}  // namespace clipwright
