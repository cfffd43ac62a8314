#include <string>
#include <vector>

#include "core/error.h"
#include "data/transform/transform.h"

namespace clipwright::data::transform {
namespace {

constexpr std::array<float, 3> kClipMean = {0.48145466F, 0.4578275F, 0.40821073F};
constexpr std::array<float, 3> kClipStd = {0.26862954F, 0.26130258F, 0.27577711F};
constexpr std::array<float, 3> kImagenetMean = {0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kImagenetStd = {0.229F, 0.224F, 0.225F};

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = {
      {"openai", Interpolation::kBicubic, kClipMean, kClipStd, 1.0, 0.9, 1.0},
      {"laclip", Interpolation::kBilinear, kImagenetMean, kImagenetStd, 1.0, 0.5, 1.0},
      {"declip", Interpolation::kBilinear, kImagenetMean, kImagenetStd, 256.0 / 224.0, 0.2, 1.0},
      {"imagenet", Interpolation::kBilinear, kImagenetMean, kImagenetStd, 1.0, 0.08, 1.0},
  };
  return all;
}

}  // namespace

const Recipe& find_recipe(std::string_view name) {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) {
    if (recipe.name == name) return recipe;
    names.push_back(recipe.name);
  }
  std::string advice = nearest(name, names);
  if (!advice.empty()) advice = std::string("Did you mean '").append(advice).append("'?");
  fail_usage(std::string("'").append(name).append("' is no picture recipe"),
             "openai, laclip, declip or imagenet", advice);
}

Recipe recipe_of_model(std::string_view interpolation, std::span<const double> mean,
                       std::span<const double> std) {
  CW_CHECK(mean.size() == 3 && std.size() == 3, "mean and std of three channels");
  if (interpolation != "bicubic" && interpolation != "bilinear") {
    fail_input("the model's preprocessing interpolates by '" + std::string(interpolation) + "'",
               "bicubic or bilinear");
  }
  Recipe recipe{.name = "model",
                .interpolation =
                    interpolation == "bicubic" ? Interpolation::kBicubic : Interpolation::kBilinear,
                .mean = {},
                .std = {}};
  for (size_t c = 0; c < 3; ++c) {
    recipe.mean[c] = static_cast<float>(mean[c]);
    recipe.std[c] = static_cast<float>(std[c]);
  }
  return recipe;
}

void normalize(std::span<const uint8_t> chw, int size, const Recipe& recipe, std::span<float> out) {
  const size_t plane = static_cast<size_t>(size) * size;
  CW_CHECK(chw.size() == 3 * plane && out.size() == 3 * plane,
           "normalize: a (3, size, size) picture and as many floats");
  for (size_t c = 0; c < 3; ++c) {
    // A picture has 256 values a channel: divide, subtract, divide once for each, in the
    // references' order.
    std::array<float, 256> value;
    for (size_t v = 0; v < 256; ++v)
      value[v] = (static_cast<float>(v) / 255.0F - recipe.mean[c]) / recipe.std[c];
    for (size_t i = c * plane; i < (c + 1) * plane; ++i) out[i] = value[chw[i]];
  }
}

}  // namespace clipwright::data::transform
