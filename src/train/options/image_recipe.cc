#include "train/options/image_recipe.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace clipwright::train::options {
namespace {

bool near(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](float x, float y) { return std::abs(x - y) < 1e-4F; });
}

/// The named recipe with a model's statistics and interpolation, or one of its own.
data::transform::Recipe own_recipe(const models::PreprocessConfig& preprocess) {
  data::transform::Recipe own = data::transform::recipe_of_model(preprocess.interpolation, preprocess.mean, preprocess.std);
  for (const char* name : {"openai", "laclip"}) {
    const data::transform::Recipe& recipe = data::transform::find_recipe(name);
    if (recipe.interpolation == own.interpolation && near(recipe.mean, own.mean) &&
        near(recipe.std, own.std))
      return recipe;
  }
  return own;
}

}  // namespace

data::transform::Recipe training_recipe(const models::PreprocessConfig& preprocess, const std::string& augment) {
  data::transform::Recipe recipe = own_recipe(preprocess);
  if (augment.empty() || augment == "none" || augment == "model" || augment == recipe.name)
    return recipe;
  const data::transform::Recipe& crop = data::transform::find_recipe(augment);
  recipe.crop_scale_min = crop.crop_scale_min;
  recipe.crop_scale_max = crop.crop_scale_max;
  return recipe;
}

}  // namespace clipwright::train::options
