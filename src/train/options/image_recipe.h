// How a run prepares its pictures: the model's own preprocessing, with the random crop that
// --augment names.
#pragma once

#include <string>
#include <vector>

#include "core/preprocessing.h"
#include "data/transform/view_recipe.h"

namespace clipwright::train::options {

/// `augment` is a recipe's name, whose crop is taken, or "", "model" or "none" for the model's own.
/// Throws Error(kUsage).
Preprocessing training_recipe(const Preprocessing& model, const std::string& augment);

/// The view that --augment describes.
inline constexpr const char* kBaseView = "base";
/// How the views of an objective are drawn; empty where --augment is none: then there is nothing to
/// draw.
std::vector<data::transform::ViewRecipe> training_views(const Preprocessing& model,
                                                        const std::string& augment,
                                                        const std::vector<std::string>& views);

/// What --augment means for a model: "none", or the name of the recipe whose crop it is ("model"
/// where no recipe has the model's statistics). Two ways to say the same give the same.
std::string resolve_augment(const Preprocessing& model, const std::string& augment);

}  // namespace clipwright::train::options
