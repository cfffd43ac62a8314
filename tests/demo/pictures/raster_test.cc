#include "demo/pictures/raster.h"

#include <gtest/gtest.h>

#include <numeric>

namespace clipwright::demo::pictures {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Raster numbered(int width, int height) {
  Raster picture = plain(width, height, {0, 0, 0});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.at(x, y)[0] = static_cast<uint8_t>(x * 20);
      picture.at(x, y)[1] = static_cast<uint8_t>(y * 20);
    }
  }
  return picture;
}

TEST(Raster, PngComesBackAsItWasWritten) {
  const Raster picture = numbered(12, 7);
  std::string error;
  const Raster again = decode_png(bytes_of(encode_png(picture)), &error);
  EXPECT_EQ(error, "");
  EXPECT_EQ(again.width, 12);
  EXPECT_EQ(again.height, 7);
  EXPECT_EQ(again.pixels, picture.pixels);
}

TEST(Raster, DamagedPngIsAReasonAndNoPicture) {
  std::string file = encode_png(numbered(12, 7));
  file.resize(file.size() / 2);
  std::string error;
  EXPECT_EQ(decode_png(bytes_of(file), &error).width, 0);
  EXPECT_NE(error, "");
  error.clear();
  EXPECT_EQ(decode_png(bytes_of("GIF89a"), &error).width, 0);
  EXPECT_NE(error, "");
}

TEST(Raster, ShrinkAveragesTheAreaOfEachPixel) {
  // 12 -> 5 columns: pixel i covers [2.4 i, 2.4 (i + 1)), and column x holds 20 x.
  const Raster small = shrink(numbered(12, 10), 5, 5);
  for (int i = 0; i < 5; ++i) {
    double sum = 0;
    for (int cell = 0; cell < 12; ++cell) {
      const double share = std::min(cell + 1.0, 2.4 * (i + 1)) - std::max<double>(cell, 2.4 * i);
      if (share > 0) sum += share / 2.4 * 20 * cell;
    }
    EXPECT_NEAR(small.at(i, 0)[0], sum, 0.51) << i;
    EXPECT_NEAR(small.at(0, i)[1], 20 * (2 * i + 0.5), 0.51) << i;
    EXPECT_EQ(small.at(i, i)[3], 255);
  }
}

TEST(Raster, TransparentEdgesKeepTheirColour) {
  // Half of the pixels are opaque red, half transparent: the average is half-covered pure red, so
  // over white it is pink and never darker, as it would be if colours of transparent pixels leaked
  // in.
  Raster sprite(4, 4);
  for (int i = 0; i < 8; ++i) sprite.at(i % 2 * 2, i / 2)[0] = sprite.at(i % 2 * 2, i / 2)[3] = 255;
  Raster canvas = plain(2, 2, {255, 255, 255});
  draw(shrink(sprite, 2, 2), 0, 0, canvas);
  EXPECT_EQ(canvas.at(0, 0)[0], 255);
  EXPECT_NEAR(canvas.at(0, 0)[1], 127, 1);
}

TEST(Raster, DrawCutsWhatSticksOut) {
  Raster canvas = plain(3, 3, {0, 0, 0});
  draw(plain(2, 2, {9, 9, 9}), -1, -1, canvas);
  draw(plain(2, 2, {7, 7, 7}), 2, 2, canvas);
  EXPECT_EQ(canvas.at(0, 0)[0], 9);
  EXPECT_EQ(canvas.at(2, 2)[0], 7);
  EXPECT_EQ(canvas.at(1, 1)[0], 0);
}

TEST(Raster, TrimAndMirror) {
  Raster picture(9, 9);
  picture.at(3, 4)[3] = picture.at(5, 4)[3] = 255;
  picture.at(3, 4)[0] = 200;
  const Raster part = trim(picture);
  ASSERT_EQ(part.width, 3);
  ASSERT_EQ(part.height, 1);
  EXPECT_EQ(part.at(0, 0)[0], 200);
  EXPECT_EQ(mirror(part).at(2, 0)[0], 200);
  EXPECT_EQ(trim(Raster(5, 5)).width, 0);
}

}  // namespace
}  // namespace clipwright::demo::pictures
