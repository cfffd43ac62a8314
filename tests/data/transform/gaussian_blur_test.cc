#include "data/transform/gaussian_blur.h"

#include <gtest/gtest.h>

#include "tests/data/transform/golden_views.h"

namespace clipwright::data::transform {
namespace {

TEST(GaussianBlur, EqualsPillow) {
  GaussianBlur blur;  // one for all sizes: scratch memory must not leak from picture to picture
  int compared = 0;
  for (const Json& c : golden_views()["operations"]) {
    if (c[1] != "blur") continue;
    OwnPlanes picture = golden_view_picture(c[0]);
    blur(picture.planes(), c[2]);
    EXPECT_EQ(sha256_hex(picture.bytes), c[3]) << c << " differs from Pillow";
    ++compared;
  }
  EXPECT_GE(compared, 100);
}

TEST(GaussianBlur, RadiusZeroChangesNothing) {
  const OwnPlanes scene = golden_view_picture("scene");
  OwnPlanes picture = scene;
  GaussianBlur()(picture.planes(), 0);
  EXPECT_EQ(picture.bytes, scene.bytes);
}

TEST(GaussianBlur, KeepsAnEvenPictureEven) {
  OwnPlanes picture{std::vector<uint8_t>(3 * 19 * 23, 201), 19, 23};
  GaussianBlur blur;
  for (const double radius : {0.1, 0.7, 1.3, 2.0, 11.0}) {
    blur(picture.planes(), radius);
    EXPECT_EQ(picture.bytes, std::vector<uint8_t>(picture.bytes.size(), 201)) << radius;
  }
}

TEST(GaussianBlur, BoxWeighsOneAndHasTheVarianceOfTheGaussian) {
  for (double radius = 0.1; radius < 20; radius *= 1.3) {
    const ExtendedBox box = extended_box(radius);
    const double inner = box.inner / 0x1p24, outer = box.outer / 0x1p24;
    EXPECT_NEAR((2 * box.radius + 1) * inner + 2 * outer, 1, 1e-6) << radius;
    double variance = 2 * outer * (box.radius + 1) * (box.radius + 1);
    for (int k = 1; k <= box.radius; ++k) variance += 2 * inner * k * k;
    EXPECT_NEAR(3 * variance, radius * radius, 1e-4 * radius * radius) << "radius " << radius;
  }
}

TEST(GaussianBlur, RefusesARadiusPastItsRegisters) {
  EXPECT_DEATH(extended_box(61), "0 to 60");
  EXPECT_DEATH(extended_box(-0.5), "0 to 60");
}

}  // namespace
}  // namespace clipwright::data::transform
