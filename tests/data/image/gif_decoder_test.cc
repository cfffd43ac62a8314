#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

TEST(GifDecoder, EqualsPillow) { expect_pillow_pixels("gif_", 18); }

TEST(GifDecoder, PartEqualsWhole) { expect_regions_equal_whole("gif_", 6); }

TEST(GifDecoder, TruncatedFilesAreRefused) {
  for (const GoldenPicture& picture : golden_pictures("gif_")) {
    for (const size_t part : {1, 2, 3}) {
      // Of an animation the first half may be all of the first frame.
      if (picture.name == "gif_animation.gif" && part > 1) continue;
      const std::string problem =
          problem_of(std::string_view(picture.bytes).substr(0, picture.bytes.size() * part / 4));
      EXPECT_NE(problem.find("GIF"), std::string::npos)
          << picture.name << ' ' << part << "/4: " << problem;
    }
  }
}

TEST(GifDecoder, AHugeCanvasIsRefusedFromItsHeader) {
  std::string bytes = golden_picture("gif_small_frame.gif").bytes;
  bytes.replace(6, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_NE(problem_of(bytes).find("65,535 x 65,535 pixels, more than"), std::string::npos)
      << problem_of(bytes);
}

TEST(GifDecoder, WithoutAPictureItSaysSo) {
  const std::string bytes = golden_picture("gif_no_palette.gif").bytes;
  EXPECT_EQ(problem_of(bytes.substr(0, 13) + ";"), "damaged GIF: it holds no picture");
}

}  // namespace
}  // namespace clipwright::data::image
