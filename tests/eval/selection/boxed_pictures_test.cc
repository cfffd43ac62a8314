#include "eval/selection/boxed_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/image/png_encoder.h"
#include "data/transform/transform.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::selection {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// 3 x 2 pixels, red 10, 20, ... in the order of reading.
class BoxedPicturesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<uint8_t> rgb;
    for (uint8_t i = 1; i <= 6; ++i) rgb.insert(rgb.end(), {static_cast<uint8_t>(10 * i), i, 0});
    const std::vector<std::byte> png = data::image::encode_png(rgb, 3, 2);
    folder_.write("a.png", {reinterpret_cast<const char*>(png.data()), png.size()});
  }
  /// Width, height, then the red of each pixel.
  std::vector<int> reds(const Box& box) const {
    const data::source::ImageBytes bytes = BoxedPictures(folder_.path(), {{"a.png", box}}).image(0);
    EXPECT_EQ(bytes.error, "");
    data::transform::RgbImage image;
    EXPECT_EQ(data::transform::decode_rgb(bytes.view, image), "");
    std::vector<int> values = {image.width, image.height};
    for (size_t i = 0; i < image.pixels.size(); i += 3) values.push_back(image.pixels[i]);
    return values;
  }
  std::string error(const Box& box, const std::string& path = "a.png") const {
    return BoxedPictures(folder_.path(), {{path, box}}).image(0).error;
  }
  TemporaryFolder folder_;
};

TEST_F(BoxedPicturesTest, ABoxInsideIsCutOut) {
  EXPECT_THAT(reds({0, 0, 3, 2}), ElementsAre(3, 2, 10, 20, 30, 40, 50, 60));
  EXPECT_THAT(reds({1, 0, 2, 2}), ElementsAre(2, 2, 20, 30, 50, 60));
  EXPECT_THAT(reds({2, 1, 1, 1}), ElementsAre(1, 1, 60));
  // Half to even, the corners and not the sides: 0.5 to 0 and 2.5 to 2.
  EXPECT_THAT(reds({0.5, 0.5, 2, 1}), ElementsAre(2, 2, 10, 20, 40, 50));
}

// As Pillow 13's Image.crop.
TEST_F(BoxedPicturesTest, WhatLiesOutsideIsBlack) {
  EXPECT_THAT(reds({-1, -1, 3, 2}), ElementsAre(3, 2, 0, 0, 0, 0, 10, 20));
  EXPECT_THAT(reds({2, 1, 3, 2}), ElementsAre(3, 2, 60, 0, 0, 0, 0, 0));
}

TEST_F(BoxedPicturesTest, ABoxWithoutPictureIsUnreadable) {
  EXPECT_THAT(error({0, 0, 0, 2}), HasSubstr("is empty"));
  EXPECT_THAT(error({0, 0, 2, -1}), HasSubstr("is empty"));
  EXPECT_THAT(error({3, 0, 2, 2}), HasSubstr("lies outside the picture of 3 x 2"));
  EXPECT_THAT(error({0, -5, 2, 5}), HasSubstr("lies outside"));
  EXPECT_THAT(error({0, 0, 1e9, 1e9}), HasSubstr("far larger"));
  EXPECT_THAT(error({0, 0, 1e300, 1e300}), HasSubstr("far larger"));
  EXPECT_THAT(error({1e300, 0, 1, 1}), HasSubstr("is empty"));
  EXPECT_THAT(error({0, 0, 1, 1}, "missing.png"), HasSubstr("cannot be opened"));
  folder_.write("text.png", "not a picture");
  EXPECT_NE(error({0, 0, 1, 1}, "text.png"), "");
}

TEST_F(BoxedPicturesTest, NamesWithoutEndingAreFound) {
  const BoxedPictures pictures(folder_.path(),
                               {{"a", {}}, {"a.png", Box{0, 0, 1, 1.5}}, {"b", {}}});
  EXPECT_TRUE(pictures.exists(0));
  EXPECT_EQ(pictures.image(0).error, "");
  EXPECT_EQ(pictures.key(0), "a");
  EXPECT_EQ(pictures.key(1), "a.png at 0,0,1,1.5");
  EXPECT_FALSE(pictures.exists(2));
}

}  // namespace
}  // namespace clipwright::eval::selection
