#include "train/options/image_recipe.h"

namespace clipwright::train::options {

Preprocessing training_recipe(const Preprocessing& model, const std::string& augment) {
  Preprocessing recipe = model;
  if (augment.empty() || augment == "none" || augment == "model") return recipe;
  const Preprocessing& crop = find_recipe(augment);
  recipe.crop_scale_min = crop.crop_scale_min;
  recipe.crop_scale_max = crop.crop_scale_max;
  return recipe;
}

std::vector<data::transform::ViewRecipe> training_views(const Preprocessing& model,
                                                        const std::string& augment,
                                                        const std::vector<std::string>& views) {
  if (augment == "none") return {};
  std::vector<data::transform::ViewRecipe> recipes;
  for (const std::string& view : views) {
    recipes.push_back(view == kBaseView
                          ? data::transform::plain_view(training_recipe(model, augment))
                          : data::transform::find_view_recipe(view));
  }
  return recipes;
}

std::string resolve_augment(const Preprocessing& model, const std::string& augment) {
  if (!augment.empty() && augment != "model") return augment;
  // The crop cuts out what is resized, whatever evaluation does with the rest.
  Preprocessing own = model;
  own.resize_mode = ResizeMode::kShortest;
  const std::string name = recipe_name(own);
  return name.empty() ? "model" : name;
}

}  // namespace clipwright::train::options
