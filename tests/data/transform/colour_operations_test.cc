#include "data/transform/colour_operations.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/data/transform/golden_views.h"

namespace clipwright::data::transform {
namespace {

using Operation = void (*)(const RgbPlanes&, double);

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> all = {
      {"brightness", adjust_brightness},
      {"contrast", adjust_contrast},
      {"saturation", adjust_saturation},
      {"hue", shift_hue},
      {"grey", [](const RgbPlanes& picture, double) { make_grey(picture); }},
      {"mirror", [](const RgbPlanes& picture, double) { mirror(picture); }}};
  return all;
}

TEST(ColourOperations, EqualTorchvisionOnPillowPictures) {
  std::map<std::string, int> compared;
  for (const Json& c : golden_views()["operations"]) {
    const auto found = operations().find(c[1]);
    if (found == operations().end()) continue;
    OwnPlanes picture = golden_view_picture(c[0]);
    found->second(picture.planes(), c[2]);
    EXPECT_EQ(sha256_hex(picture.bytes), c[3]) << c << " differs from Pillow";
    ++compared[c[1]];
  }
  EXPECT_EQ(compared.size(), operations().size());
  for (const auto& [name, count] : compared) EXPECT_GE(count, 8) << name;
}

TEST(ColourOperations, EqualTorchvisionOnEveryColour) {
  const OwnPlanes every = every_colour();
  ASSERT_FALSE(golden_views()["colours"].empty());
  for (const Json& c : golden_views()["colours"]) {
    OwnPlanes picture = every;
    operations().at(c[0])(picture.planes(), c[1]);
    EXPECT_EQ(sha256_hex(picture.bytes), c[2]) << c << " differs from Pillow";
  }
}

TEST(ColourOperations, AFactorOfOneChangesNothing) {
  const OwnPlanes scene = golden_view_picture("scene");
  for (const Operation operation : {adjust_brightness, adjust_contrast, adjust_saturation}) {
    OwnPlanes picture = scene;
    operation(picture.planes(), 1);
    EXPECT_EQ(picture.bytes, scene.bytes);
  }
}

TEST(ColourOperations, MirroringTwiceChangesNothing) {
  for (const char* name : {"scene", "wide", "high", "one"}) {
    const OwnPlanes original = golden_view_picture(name);
    OwnPlanes picture = original;
    mirror(picture.planes());
    EXPECT_EQ(picture.bytes[0], original.bytes[static_cast<size_t>(original.width) - 1]) << name;
    mirror(picture.planes());
    EXPECT_EQ(picture.bytes, original.bytes) << name;
  }
}

TEST(RgbPlanes, RefuseBytesOfAnotherSize) {
  std::vector<uint8_t> bytes(11);
  EXPECT_DEATH(RgbPlanes(bytes, 2, 2), "3 x height x width");
}

}  // namespace
}  // namespace clipwright::data::transform
