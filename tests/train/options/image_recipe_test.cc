#include "train/options/image_recipe.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::train::options {
namespace {

TEST(ImageRecipe, AModelsStatisticsNameItsRecipe) {
  EXPECT_EQ(training_recipe(find_model_config("ViT-B-32").preprocess, "").name, "openai");
  EXPECT_EQ(training_recipe(find_model_config("laclip-ViT-B-16").preprocess, "none").name,
            "laclip");
  PreprocessConfig half;
  half.mean = half.std = {0.5, 0.5, 0.5};
  const Recipe own = training_recipe(half, "");
  EXPECT_EQ(own.name, "model");
  EXPECT_FLOAT_EQ(own.mean[1], 0.5F);
  EXPECT_EQ(training_recipe(half, own.name).name, "model") << "config.toml gives the name back";
}

TEST(ImageRecipe, AugmentChangesTheCropAndNotTheStatistics) {
  const PreprocessConfig openai;
  const Recipe recipe = training_recipe(openai, "laclip");
  EXPECT_DOUBLE_EQ(recipe.crop_scale_min, 0.5);
  EXPECT_EQ(recipe.mean, find_recipe("openai").mean);
  EXPECT_EQ(recipe.interpolation, Interpolation::kBicubic);
  EXPECT_THROW(training_recipe(openai, "lacilp"), Error);
}

}  // namespace
}  // namespace clipwright::train::options
