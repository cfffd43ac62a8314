#include "train/image_recipe.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace clipwright {
namespace {

bool near(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](float x, float y) { return std::abs(x - y) < 1e-4F; });
}

/// The named recipe with a model's statistics and interpolation, or one of its own.
Recipe own_recipe(const PreprocessConfig& preprocess) {
  Recipe own = recipe_of_model(preprocess.interpolation, preprocess.mean, preprocess.std);
  for (const char* name : {"openai", "laclip"}) {
    const Recipe& recipe = find_recipe(name);
    if (recipe.interpolation == own.interpolation && near(recipe.mean, own.mean) &&
        near(recipe.std, own.std))
      return recipe;
  }
  return own;
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
