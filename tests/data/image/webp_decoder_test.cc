#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

TEST(WebpDecoder, EqualsPillow) { expect_pillow_pixels("webp_", 6); }

TEST(WebpDecoder, PartEqualsWhole) { expect_regions_equal_whole("webp_", 10); }

TEST(WebpDecoder, TruncatedFilesAreRefused) {
  for (const GoldenPicture& picture : golden_pictures("webp_")) {
    for (const size_t part : {1, 2, 3}) {
      const std::string problem =
          problem_of(std::string_view(picture.bytes).substr(0, picture.bytes.size() * part / 4));
      EXPECT_NE(problem.find("WebP"), std::string::npos)
          << picture.name << ' ' << part << "/4: " << problem;
    }
  }
}

}  // namespace
}  // namespace clipwright::data::image
