#include <gtest/gtest.h>

#include <algorithm>

#include "core/npy.h"
#include "data/transform/transform.h"
#include "tests/data/golden_pictures.h"
#include "tests/data/test_pictures.h"
#include "tests/data/transform/golden_views.h"

namespace clipwright::data::transform {
namespace {

std::vector<uint8_t> room(int size, size_t views = 1) {
  return std::vector<uint8_t>(views * 3 * static_cast<size_t>(size) * static_cast<size_t>(size));
}

std::span<uint8_t> view_of(std::vector<uint8_t>& chw, int size, size_t view) {
  const size_t bytes = room(size).size();
  return std::span(chw).subspan(view * bytes, bytes);
}

DrawnView drawn_of(const Json& c) {
  const auto box = c["crop"].get<std::vector<int>>();
  DrawnView view = {.crop = {box[0], box[1], box[2], box[3]},
                    .grey = c["grey"],
                    .blur_radius = c["blur"],
                    .mirrored = c["mirrored"]};
  parse_interpolation(c["interpolation"].get<std::string>(), view.interpolation);
  const std::vector<std::string> names = {"brightness", "contrast", "saturation", "hue"};
  for (const Json& step : c["jitter"]) {
    const auto at = std::find(names.begin(), names.end(), step[0].get<std::string>());
    view.jitter.push_back({static_cast<ColourChange>(at - names.begin()), step[1]});
  }
  return view;
}

/// Random numbers of `count` views of a sample.
std::vector<Random> draws(size_t count, uint64_t sample) {
  std::vector<Random> all;
  for (size_t i = 0; i < count; ++i)
    all.emplace_back(5, "view " + std::to_string(i), uint64_t{0}, sample);
  return all;
}

TEST(Views, EqualTorchvisionForGivenParameters) {
  size_t compared = 0;
  for (const Json& c : golden_views()["views"]) {
    const int size = c["size"];
    ImagePipeline pipeline(find_recipe("openai"), size);
    const DrawnView view = drawn_of(c);
    std::vector<uint8_t> chw = room(size);
    ASSERT_EQ(pipeline.views(golden_picture(c["file"].get<std::string>()).view(),
                             std::span(&view, 1), chw),
              "");
    EXPECT_EQ(sha256_hex(chw), c["sha256"]) << c << " differs from Pillow";
    ++compared;
  }
  EXPECT_GE(compared, 50U);
}

TEST(Views, EqualTheStoredView) {
  const Json& c = golden_views()["views"][0];
  const NpyArray stored = read_npy(golden_view_folder() / "shown.npy");
  const int size = c["size"];
  ASSERT_EQ(stored.shape, (std::vector<int64_t>{3, size, size}));
  ImagePipeline pipeline(find_recipe("openai"), size);
  const DrawnView view = drawn_of(c);
  std::vector<uint8_t> chw = room(size);
  ASSERT_EQ(
      pipeline.views(golden_picture(c["file"].get<std::string>()).view(), std::span(&view, 1), chw),
      "");
  EXPECT_EQ(chw, stored.bytes);
}

/// Several views decode the union of their crops; each has the bits that it has alone.
TEST(Views, DecodedTogetherAreEachAsAlone) {
  const std::vector<ViewRecipe> recipes = {find_view_recipe("openai"), find_view_recipe("slip"),
                                           find_view_recipe("mocov2")};
  constexpr int kSize = 48;
  ImagePipeline together(find_recipe("openai"), kSize), alone(find_recipe("declip"), kSize);
  size_t pictures = 0;
  for (const GoldenPicture& picture : golden_pictures("")) {
    for (uint64_t sample = 0; sample < 6; ++sample) {
      std::vector<Random> random = draws(recipes.size(), sample), again = random;
      std::vector<uint8_t> all = room(kSize, recipes.size()), one = room(kSize);
      ASSERT_EQ(together.views(picture.view(), recipes, random, all), "") << picture.name;
      for (size_t i = 0; i < recipes.size(); ++i) {
        ASSERT_EQ(
            alone.views(picture.view(), std::span(&recipes[i], 1), std::span(&again[i], 1), one),
            "");
        const std::span<uint8_t> view = view_of(all, kSize, i);
        EXPECT_TRUE(std::equal(one.begin(), one.end(), view.begin(), view.end()))
            << picture.name << ", sample " << sample << ", view " << i;
      }
    }
    ++pictures;
  }
  EXPECT_GT(pictures, 50U);
}

/// Crops far from each other, and of the size of the output: with transparency, one is
/// premultiplied and the other is copied from the same decoded pixels.
TEST(Views, CropsAnywhereAreEachTheirCrop) {
  size_t pictures = 0;
  for (const GoldenPicture& picture : golden_pictures("")) {
    const int width = picture.expected["width"], height = picture.expected["height"];
    const int size = std::min({20, width, height});
    ImagePipeline pipeline(find_recipe("laclip"), size);
    const std::vector<image::Crop> crops = {{0, 0, (width + 2) / 3, (height + 2) / 3},
                                            {width - size, height - size, size, size},
                                            {width - 1, 0, 1, height},
                                            {0, height - 1, width, 1},
                                            {0, 0, width, height},
                                            {(width - 1) / 2, (height - 1) / 2, 1, 1}};
    std::vector<DrawnView> views;
    for (const image::Crop& crop : crops) views.push_back({.crop = crop});
    std::vector<uint8_t> all = room(size, crops.size()), one = room(size);
    // With the whole picture among them, then without.
    for (const size_t count : {crops.size(), size_t{2}}) {
      ASSERT_EQ(pipeline.views(picture.view(), std::span(views).first(count),
                               std::span(all).first(count * one.size())),
                "");
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(pipeline.crop(picture.view(), crops[i], one), "");
        const std::span<uint8_t> view = view_of(all, size, i);
        EXPECT_TRUE(std::equal(one.begin(), one.end(), view.begin(), view.end()))
            << picture.name << ", crop " << i << " of " << count;
      }
    }
    ++pictures;
  }
  EXPECT_GT(pictures, 50U);
}

TEST(Views, ACropAloneIsTheTrainingTransform) {
  for (const std::string& name : recipe_names()) {
    const ViewRecipe recipe = find_view_recipe(name);
    ImagePipeline pipeline(find_recipe(name), 64);
    for (const GoldenPicture& picture : golden_pictures("")) {
      Random viewed(1, "crop", 3, picture.name), trained(1, "crop", 3, picture.name);
      std::vector<uint8_t> view = room(64), train = room(64);
      ASSERT_EQ(pipeline.views(picture.view(), std::span(&recipe, 1), std::span(&viewed, 1), view),
                "");
      ASSERT_EQ(pipeline.train(picture.view(), trained, train), "");
      EXPECT_EQ(view, train) << name << ", " << picture.name;
    }
  }
}

TEST(Views, AreTheDrawnViews) {
  const GoldenPicture picture = golden_picture("jpeg_420_large.jpg");
  const std::vector<ViewRecipe> recipes(2, find_view_recipe("mocov2"));
  ImagePipeline pipeline(find_recipe("declip"), 64);
  for (uint64_t sample = 0; sample < 20; ++sample) {
    std::vector<Random> random = draws(2, sample), again = random;
    std::vector<uint8_t> drawn = room(64, 2), given = room(64, 2);
    ASSERT_EQ(pipeline.views(picture.view(), recipes, random, drawn), "");
    const std::vector<DrawnView> views = {draw_view(recipes[0], 331, 250, again[0]),
                                          draw_view(recipes[1], 331, 250, again[1])};
    ASSERT_EQ(pipeline.views(picture.view(), views, given), "");
    EXPECT_EQ(drawn, given) << "sample " << sample;
    EXPECT_FALSE(std::equal(drawn.begin(), drawn.begin() + static_cast<ptrdiff_t>(room(64).size()),
                            drawn.begin() + static_cast<ptrdiff_t>(room(64).size())))
        << "both views of sample " << sample << " are the same";
  }
}

TEST(Views, OfTinyPictures) {
  const std::vector<ViewRecipe> recipes(2, find_view_recipe("slip"));
  ImagePipeline pipeline(find_recipe("declip"), 32), smallest(find_recipe("declip"), 1);
  for (const std::string& file : {test_png(3, 1), test_png(4, 2), test_png(5, 3)}) {
    for (uint64_t sample = 0; sample < 50; ++sample) {
      std::vector<Random> random = draws(2, sample);
      std::vector<uint8_t> chw = room(32, 2), pixel = room(1, 2);
      ASSERT_EQ(pipeline.views(std::as_bytes(std::span(file)), recipes, random, chw), "");
      ASSERT_EQ(smallest.views(std::as_bytes(std::span(file)), recipes, random, pixel), "");
    }
  }
}

TEST(Views, ADamagedFileGivesTheReasonThatTrainingGives) {
  const std::vector<ViewRecipe> recipes(2, find_view_recipe("mocov2"));
  ImagePipeline pipeline(find_recipe("declip"), 32);
  for (const char* name : {"jpeg_420.jpg", "png_rgb.png", "webp_lossy.webp"}) {
    const GoldenPicture whole = golden_picture(name);
    for (const size_t bytes : {size_t{0}, size_t{20}, whole.bytes.size() / 5}) {
      const std::span<const std::byte> file = whole.view().first(bytes);
      std::vector<Random> random = draws(2, 0);
      Random trained(5, "view 0", 0, 0);
      std::vector<uint8_t> views = room(32, 2), train = room(32);
      const std::string reason = pipeline.train(file, trained, train);
      EXPECT_NE(reason, "") << name << " cut to " << bytes << " bytes";
      EXPECT_EQ(pipeline.views(file, recipes, random, views), reason)
          << name << " cut to " << bytes << " bytes";
    }
    // The pipeline goes on with the next file.
    std::vector<Random> random = draws(2, 0);
    std::vector<uint8_t> views = room(32, 2);
    EXPECT_EQ(pipeline.views(whole.view(), recipes, random, views), "");
  }
}

TEST(Views, RefuseACropOutsideThePicture) {
  const GoldenPicture picture = golden_picture("png_rgb.png");
  ImagePipeline pipeline(find_recipe("openai"), 32);
  const std::vector<DrawnView> views = {{.crop = {0, 0, 20, 20}}, {.crop = {0, 30, 20, 20}}};
  std::vector<uint8_t> chw = room(32, 2);
  EXPECT_EQ(pipeline.views(picture.view(), views, chw),
            "the crop lies outside the picture of 61 x 43");
}

}  // namespace
}  // namespace clipwright::data::transform
