#include "train/options/image_recipe.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "models/config.h"

namespace clipwright::train::options {
namespace {

TEST(ImageRecipe, AModelsStatisticsNameItsRecipe) {
  const Preprocessing openai = models::find_model_config("ViT-B-32").preprocess,
                      laclip = models::find_model_config("laclip-ViT-B-16").preprocess;
  EXPECT_EQ(resolve_augment(openai, ""), "openai");
  EXPECT_EQ(training_recipe(openai, ""), find_recipe("openai"));
  EXPECT_EQ(resolve_augment(laclip, "model"), "laclip");
  EXPECT_EQ(training_recipe(laclip, "none"), find_recipe("laclip"));
  EXPECT_EQ(resolve_augment(laclip, "none"), "none");
  Preprocessing half;
  half.mean = half.std = {0.5, 0.5, 0.5};
  EXPECT_EQ(resolve_augment(half, ""), "model");
  EXPECT_EQ(training_recipe(half, ""), half);
  EXPECT_EQ(resolve_augment(half, "model"), "model") << "config.toml gives the name back";
}

TEST(ImageRecipe, ValuesAreComparedAsWritten) {
  Preprocessing almost;
  almost.mean[1] += 1e-5;
  EXPECT_EQ(resolve_augment(almost, ""), "model");
}

TEST(ImageRecipe, AugmentChangesTheCropAndNotTheStatistics) {
  for (const std::string& name : recipe_names()) {
    const Preprocessing recipe = training_recipe({}, name);
    EXPECT_DOUBLE_EQ(recipe.crop_scale_min, find_recipe(name).crop_scale_min);
    EXPECT_EQ(recipe.mean, find_recipe("openai").mean);
    EXPECT_EQ(recipe.interpolation, Interpolation::kBicubic);
    EXPECT_EQ(resolve_augment({}, name), name);
  }
  EXPECT_THROW(training_recipe({}, "lacilp"), Error);
}

}  // namespace
}  // namespace clipwright::train::options
