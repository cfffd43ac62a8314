#include "demo/pictures/scene.h"

#include <gtest/gtest.h>

#include <map>

namespace clipwright::demo::pictures {
namespace {

/// Sprites of one flat colour each that no background comes near.
std::vector<Raster> flat_sprites() {
  return {plain(136, 128, {0, 255, 255}), plain(80, 128, {255, 0, 255}),
          plain(128, 60, {0, 255, 0})};
}

struct Extent {
  int left = kSceneSide, right = -1, top = kSceneSide, bottom = -1;
};

std::map<Rgb, Extent> extents(const Raster& picture) {
  std::map<Rgb, Extent> found;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* pixel = picture.at(x, y);
      Extent& extent = found[{pixel[0], pixel[1], pixel[2]}];
      extent.left = std::min(extent.left, x), extent.right = std::max(extent.right, x);
      extent.top = std::min(extent.top, y), extent.bottom = std::max(extent.bottom, y);
    }
  }
  return found;
}

TEST(Scene, ShowsTheObjectsOfItsFactsWhereTheySay) {
  const std::vector<Raster> sprites = flat_sprites();
  const Rgb cyan{0, 255, 255}, magenta{255, 0, 255}, green{0, 255, 0};
  for (uint64_t i = 0; i < 200; ++i) {
    Random random(3, "test", 0, i);
    const auto beside = extents(render(draw_scene({0, 1, Relation::kBeside, -1}, random), sprites));
    ASSERT_TRUE(beside.contains(cyan) && beside.contains(magenta));
    EXPECT_LT(beside.at(cyan).right, beside.at(magenta).left);
    const auto above = extents(render(draw_scene({1, 0, Relation::kAbove, -1}, random), sprites));
    EXPECT_LT(above.at(magenta).bottom, above.at(cyan).top);
    const auto alone = extents(render(draw_scene({.first = 2}, random), sprites));
    EXPECT_TRUE(alone.contains(green));
    EXPECT_FALSE(alone.contains(cyan));
    const Extent& box = alone.at(green);
    EXPECT_GE(box.right - box.left + 1, 22);
    EXPECT_LE(box.right - box.left + 1, 44);
  }
}

TEST(Scene, BackgroundIsNearestToTheColourOfItsName) {
  const std::vector<Raster> sprites = flat_sprites();
  for (int colour = 0; colour < static_cast<int>(kBackgrounds.size()); ++colour) {
    for (uint64_t i = 0; i < 20; ++i) {
      Random random(4, "test", static_cast<uint64_t>(colour), i);
      const Scene scene = draw_scene({.first = 0, .colour = colour}, random);
      const auto distance = [&](size_t other) {
        int sum = 0;
        for (size_t c = 0; c < 3; ++c)
          sum += std::abs(scene.background[c] - kBackgrounds[other].rgb[c]);
        return sum;
      };
      for (size_t other = 0; other < kBackgrounds.size(); ++other) {
        EXPECT_LE(distance(static_cast<size_t>(colour)), distance(other));
      }
    }
  }
}

TEST(Scene, SameKeySamePicture) {
  const std::vector<Raster> sprites = flat_sprites();
  Random one(7, "test", 0, 1), again(7, "test", 0, 1), other(7, "test", 0, 2);
  const SceneFacts facts{0, 1, Relation::kAbove, -1};
  const Scene first = draw_scene(facts, one), second = draw_scene(facts, again);
  EXPECT_EQ(first.layout(), second.layout());
  EXPECT_EQ(render(first, sprites).pixels, render(second, sprites).pixels);
  EXPECT_NE(first.layout(), draw_scene(facts, other).layout());
}

}  // namespace
}  // namespace clipwright::demo::pictures
