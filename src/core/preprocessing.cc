#include "core/preprocessing.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright {
namespace {

struct NamedRecipe {
  std::string name;
  Preprocessing value;
};

/// ImageNet's statistics and bilinear resizing, as torchvision's examples have them.
Preprocessing imagenet_like(double resize_ratio, double crop_scale_min) {
  return {.mean = {0.485, 0.456, 0.406},
          .std = {0.229, 0.224, 0.225},
          .interpolation = Interpolation::kBilinear,
          .resize_ratio = resize_ratio,
          .crop_scale_min = crop_scale_min};
}

/// Where two have the same written values, a model's file means the first.
const std::vector<NamedRecipe>& recipes() {
  static const std::vector<NamedRecipe> all = {
      {"openai", {}},
      {"laclip", imagenet_like(1, 0.5)},
      {"declip", imagenet_like(256.0 / 224.0, 0.2)},
      {"imagenet", imagenet_like(1, 0.08)},
  };
  return all;
}

}  // namespace

const Preprocessing& find_recipe(std::string_view name) {
  for (const NamedRecipe& recipe : recipes()) {
    if (recipe.name == name) return recipe.value;
  }
  const std::string near = nearest(name, recipe_names());
  fail_usage("'" + std::string(name) + "' is no picture recipe",
             "openai, laclip, declip or imagenet",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const NamedRecipe& recipe : recipes()) names.push_back(recipe.name);
  return names;
}

std::string recipe_name(const Preprocessing& preprocessing) {
  const auto& all = recipes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const NamedRecipe& recipe) {
    return recipe.value == preprocessing;
  });
  return found == all.end() ? "" : found->name;
}

Preprocessing complete_preprocessing(const Preprocessing& written) {
  for (const NamedRecipe& recipe : recipes()) {
    Preprocessing value = recipe.value;
    value.resize_mode = written.resize_mode;
    value.crop_scale_min = written.crop_scale_min;
    value.crop_scale_max = written.crop_scale_max;
    if (value != written) continue;
    value.crop_scale_min = recipe.value.crop_scale_min;
    value.crop_scale_max = recipe.value.crop_scale_max;
    return value;
  }
  return written;
}

std::string_view name_of(Interpolation interpolation) {
  return interpolation == Interpolation::kBicubic ? "bicubic" : "bilinear";
}

std::string_view name_of(ResizeMode mode) {
  return mode == ResizeMode::kSquash ? "squash" : "shortest";
}

bool parse_interpolation(std::string_view name, Interpolation& interpolation) {
  for (const Interpolation known : {Interpolation::kBicubic, Interpolation::kBilinear}) {
    if (name != name_of(known)) continue;
    interpolation = known;
    return true;
  }
  return false;
}

bool parse_resize_mode(std::string_view name, ResizeMode& mode) {
  for (const ResizeMode known : {ResizeMode::kShortest, ResizeMode::kSquash}) {
    if (name != name_of(known)) continue;
    mode = known;
    return true;
  }
  return false;
}

}  // namespace clipwright
