#include "data/transform/view_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::data::transform {
namespace {

TEST(ViewRecipe, MocoV2AndSlipDifferInTheirCropAlone) {
  ViewRecipe mocov2 = find_view_recipe("mocov2");
  EXPECT_EQ(mocov2.crop_scale_min, 0.2);
  EXPECT_EQ(mocov2.jitter_chance, 0.8);
  EXPECT_EQ(mocov2.hue, 0.1);
  EXPECT_EQ(mocov2.grey_chance, 0.2);
  EXPECT_EQ(mocov2.blur_chance, 0.5);
  EXPECT_EQ(mocov2.mirror_chance, 0.5);
  const ViewRecipe slip = find_view_recipe("slip");
  EXPECT_EQ(slip.crop_scale_min, 0.08);
  mocov2.name = slip.name;
  mocov2.crop_scale_min = slip.crop_scale_min;
  EXPECT_EQ(mocov2, slip);
}

TEST(ViewRecipe, EveryPreprocessingIsACropAlone) {
  for (const std::string& name : recipe_names()) {
    const Preprocessing& preprocessing = find_recipe(name);
    const ViewRecipe view = find_view_recipe(name);
    const ViewRecipe only_crop = {.name = name,
                                  .interpolation = preprocessing.interpolation,
                                  .crop_scale_min = preprocessing.crop_scale_min,
                                  .crop_scale_max = preprocessing.crop_scale_max};
    EXPECT_EQ(view, only_crop) << name;
    EXPECT_EQ(view, plain_view(preprocessing)) << name;
  }
  Preprocessing own = find_recipe("openai");
  own.crop_scale_min = 0.3;
  EXPECT_EQ(plain_view(own).name, "crop");
  EXPECT_EQ(plain_view(own).crop_scale_min, 0.3);
}

TEST(ViewRecipe, EveryNameIsFound) {
  const std::vector<std::string> names = view_recipe_names();
  EXPECT_THAT(names, testing::IsSupersetOf({"mocov2", "slip", "openai", "laclip"}));
  for (const std::string& name : names) EXPECT_EQ(find_view_recipe(name).name, name);
}

TEST(ViewRecipe, AnUnknownNameGetsTheNearest) {
  try {
    find_view_recipe("moco2");
    FAIL() << "moco2 was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_STREQ(error.what(),
                 "'moco2' is no recipe of a view; expected mocov2, slip, openai, laclip, declip or "
                 "imagenet. Did you mean 'mocov2'?");
  }
}

}  // namespace
}  // namespace clipwright::data::transform
