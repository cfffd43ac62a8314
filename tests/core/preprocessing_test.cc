#include "core/preprocessing.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright {
namespace {

TEST(Preprocessing, RecipesAreWhatTheReferencesWrite) {
  EXPECT_EQ(find_recipe("openai"), Preprocessing());
  EXPECT_EQ(find_recipe("openai").mean, (std::array<double, 3>{0.48145466, 0.4578275, 0.40821073}));
  for (const char* name : {"laclip", "declip", "imagenet"}) {
    EXPECT_EQ(find_recipe(name).mean, (std::array<double, 3>{0.485, 0.456, 0.406})) << name;
    EXPECT_EQ(find_recipe(name).std, (std::array<double, 3>{0.229, 0.224, 0.225})) << name;
    EXPECT_EQ(find_recipe(name).interpolation, Interpolation::kBilinear) << name;
  }
  EXPECT_EQ(find_recipe("declip").resize_ratio, 256.0 / 224.0);
  EXPECT_EQ(find_recipe("laclip").crop_scale_min, 0.5);
}

TEST(Preprocessing, EachRecipeHasItsNameAndNothingElseHas) {
  for (const std::string& name : recipe_names()) {
    EXPECT_EQ(recipe_name(find_recipe(name)), name);
    Preprocessing other = find_recipe(name);
    other.mean[2] += 1e-12;
    EXPECT_EQ(recipe_name(other), "") << "values are compared exactly";
    other = find_recipe(name);
    other.resize_mode = ResizeMode::kSquash;
    EXPECT_EQ(recipe_name(other), "") << name;
  }
}

TEST(Preprocessing, AFileOfWrittenValuesGetsTheRestOfItsRecipe) {
  Preprocessing written = find_recipe("laclip");
  written.crop_scale_min = 0.9;
  EXPECT_EQ(complete_preprocessing(written), find_recipe("laclip"));
  written.resize_mode = ResizeMode::kSquash;
  EXPECT_EQ(complete_preprocessing(written).crop_scale_min, 0.5);
  EXPECT_EQ(complete_preprocessing(written).resize_mode, ResizeMode::kSquash);
  written.mean = {0.5, 0.5, 0.5};
  EXPECT_EQ(complete_preprocessing(written), written) << "no recipe has these values";
}

TEST(Preprocessing, AnUnknownRecipeNamesTheNearest) {
  try {
    find_recipe("opneai");
    FAIL() << "an unknown recipe was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("Did you mean 'openai'"), std::string::npos)
        << error.what();
  }
}

TEST(Preprocessing, NamesReadBack) {
  for (const Interpolation value : {Interpolation::kBicubic, Interpolation::kBilinear}) {
    Interpolation read{};
    EXPECT_TRUE(parse_interpolation(name_of(value), read));
    EXPECT_EQ(read, value);
  }
  for (const ResizeMode value : {ResizeMode::kShortest, ResizeMode::kSquash}) {
    ResizeMode read{};
    EXPECT_TRUE(parse_resize_mode(name_of(value), read));
    EXPECT_EQ(read, value);
  }
  Interpolation untouched = Interpolation::kBicubic;
  EXPECT_FALSE(parse_interpolation("nearest", untouched));
}

}  // namespace
}  // namespace clipwright
