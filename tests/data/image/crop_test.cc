#include "data/image/crop.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipwright::data::image {
namespace {

TEST(DrawCrop, SharesOfAreaAndAspectRatiosAreUniform) {
  // In a square every aspect ratio of [3/4, 4/3] fits when at most half of the area is wanted, so
  // no draw is rejected.
  constexpr int kDraws = 20000;
  double area = 0, log_aspect = 0, square = 0, x = 0;
  for (int i = 0; i < kDraws; ++i) {
    Random random(3, "crop", 0, static_cast<uint64_t>(i));
    const Crop crop = draw_crop(1000, 1000, 0.1, 0.5, random);
    ASSERT_GE(crop.x, 0);
    ASSERT_GE(crop.y, 0);
    ASSERT_LE(crop.x + crop.width, 1000);
    ASSERT_LE(crop.y + crop.height, 1000);
    const double share = crop.width * crop.height / 1e6,
                 aspect = static_cast<double>(crop.width) / crop.height;
    ASSERT_GT(share, 0.0985);
    ASSERT_LT(share, 0.502);
    ASSERT_GT(aspect, 0.746);
    ASSERT_LT(aspect, 1.341);
    area += share;
    log_aspect += std::log(aspect);
    square += std::log(aspect) * std::log(aspect);
    x += static_cast<double>(crop.x) / (1000 - crop.width);
  }
  const double reach = std::log(4.0 / 3.0);
  EXPECT_NEAR(area / kDraws, 0.3, 0.004);
  EXPECT_NEAR(log_aspect / kDraws, 0.0, 0.006);
  EXPECT_NEAR(square / kDraws, reach * reach / 3, 0.001);
  EXPECT_NEAR(x / kDraws, 0.5, 0.01);
}

TEST(DrawCrop, ElongatedPicturesFallBackToTheCentre) {
  Random random(3, "crop", 0, uint64_t{1});
  const Crop wide = draw_crop(1000, 30, 0.9, 1.0, random);
  EXPECT_EQ(wide.width, 40);
  EXPECT_EQ(wide.height, 30);
  EXPECT_EQ(wide.x, 480);
  EXPECT_EQ(wide.y, 0);
  const Crop tall = draw_crop(30, 1001, 0.9, 1.0, random);
  EXPECT_EQ(tall.width, 30);
  EXPECT_EQ(tall.height, 40);
  EXPECT_EQ(tall.y, 480);
  const Crop pixel = draw_crop(1, 1, 0.9, 1.0, random);
  EXPECT_EQ(pixel.width * pixel.height, 1);
}

TEST(CenterWindow, RoundsHalvesToEvenLikePython) {
  EXPECT_EQ(center_window(225, 224, 224).x, 0);  // 0.5
  EXPECT_EQ(center_window(227, 224, 224).x, 2);  // 1.5
  EXPECT_EQ(center_window(229, 224, 224).x, 2);  // 2.5
  EXPECT_EQ(center_window(224, 230, 224).y, 3);
}

TEST(ScaleShorterSide, TruncatesTheLongerOne) {
  EXPECT_EQ(scale_shorter_side(500, 375, 224).width, 298);  // 298.67
  EXPECT_EQ(scale_shorter_side(500, 375, 224).height, 224);
  EXPECT_EQ(scale_shorter_side(375, 500, 224).height, 298);
  EXPECT_EQ(scale_shorter_side(2'000'000'000, 1, 224).width, 448'000'000'000);
}

}  // namespace
}  // namespace clipwright::data::image
