#include "data/transform/view_recipe.h"

#include <utility>

#include "core/error.h"

namespace clipwright::data::transform {
namespace {

/// DeCLIP's two views, and with a smaller least crop those of SLIP's code: the augmentation of
/// MoCo v2 (Chen et al. 2020).
ViewRecipe mocov2_like(std::string name, double crop_scale_min) {
  return {.name = std::move(name),
          .crop_scale_min = crop_scale_min,
          .jitter_chance = 0.8,
          .brightness = 0.4,
          .contrast = 0.4,
          .saturation = 0.4,
          .hue = 0.1,
          .grey_chance = 0.2,
          .blur_chance = 0.5,
          .mirror_chance = 0.5};
}

}  // namespace

ViewRecipe find_view_recipe(std::string_view name) {
  if (name == "mocov2") return mocov2_like("mocov2", 0.2);
  if (name == "slip") return mocov2_like("slip", 0.08);
  const std::vector<std::string> known = view_recipe_names();
  std::string list;
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) return plain_view(find_recipe(name));
    list += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + known[i];
  }
  const std::string near = nearest(name, known);
  fail_usage("'" + std::string(name) + "' is no recipe of a view", list,
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

std::vector<std::string> view_recipe_names() {
  std::vector<std::string> names = {"mocov2", "slip"};
  for (std::string& name : recipe_names()) names.push_back(std::move(name));
  return names;
}

ViewRecipe plain_view(const Preprocessing& preprocessing) {
  const std::string name = recipe_name(preprocessing);
  return {.name = name.empty() ? "crop" : name,
          .interpolation = preprocessing.interpolation,
          .crop_scale_min = preprocessing.crop_scale_min,
          .crop_scale_max = preprocessing.crop_scale_max};
}

}  // namespace clipwright::data::transform
