#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

TEST(BmpDecoder, EqualsPillow) { expect_pillow_pixels("bmp_", 26); }

TEST(BmpDecoder, PartEqualsWhole) { expect_regions_equal_whole("bmp_", 6); }

TEST(BmpDecoder, TruncatedFilesAreRefused) {
  for (const GoldenPicture& picture : golden_pictures("bmp_")) {
    for (const size_t part : {1, 2, 3}) {
      const std::string problem =
          problem_of(std::string_view(picture.bytes).substr(0, picture.bytes.size() * part / 4));
      EXPECT_NE(problem.find("BMP"), std::string::npos)
          << picture.name << ' ' << part << "/4: " << problem;
    }
  }
}

TEST(BmpDecoder, AHugePictureIsRefusedFromItsHeader) {
  std::string bytes = golden_picture("bmp_rgb.bmp").bytes;
  bytes.replace(18, 8, std::string_view("\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7E", 8));
  EXPECT_NE(problem_of(bytes).find("pixels, more than"), std::string::npos) << problem_of(bytes);
  bytes.replace(18, 8, std::string_view("\xFF\x1F\0\0\xFF\x1F\0\0", 8));
  EXPECT_EQ(problem_of(bytes), "truncated BMP: too short for the size in its header");
}

TEST(BmpDecoder, KindsThatPillowRefusesAreNamed) {
  std::string bytes = golden_picture("bmp_rgb.bmp").bytes;
  bytes[30] = 4;
  EXPECT_EQ(problem_of(bytes).find("a BMP with compression 4"), 0u) << problem_of(bytes);
  bytes[30] = 0;
  bytes[28] = 2;
  EXPECT_EQ(problem_of(bytes).find("a BMP with 2 bits a pixel"), 0u) << problem_of(bytes);
}

}  // namespace
}  // namespace clipwright::data::image
