#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

TEST(TiffDecoder, EqualsPillow) { expect_pillow_pixels("tiff_", 50); }

TEST(TiffDecoder, PartEqualsWhole) { expect_regions_equal_whole("tiff_", 6); }

TEST(TiffDecoder, TruncatedFilesAreRefused) {
  for (const GoldenPicture& picture : golden_pictures("tiff_")) {
    for (const size_t part : {1, 2, 3}) {
      // The second page is not read.
      if (picture.name == "tiff_rgb_pages.tif" && part > 1) continue;
      const std::string problem =
          problem_of(std::string_view(picture.bytes).substr(0, picture.bytes.size() * part / 4));
      EXPECT_NE(problem.find("TIFF"), std::string::npos)
          << picture.name << ' ' << part << "/4: " << problem;
    }
  }
}

TEST(TiffDecoder, AHugePictureIsRefusedFromItsHeader) {
  // Width and height are the first two entries of the first directory.
  std::string bytes = golden_picture("tiff_rgb_packbits.tif").bytes;
  const auto directory =
      static_cast<size_t>(static_cast<uint8_t>(bytes[4]) | static_cast<uint8_t>(bytes[5]) << 8);
  for (const size_t entry : {0, 1}) {
    const size_t at = directory + 2 + 12 * entry;
    bytes.replace(at + 2, 2, std::string_view("\4\0", 2));
    bytes.replace(at + 8, 4, std::string_view("\xFF\xFF\1\0", 4));
  }
  EXPECT_NE(problem_of(bytes).find("131,071 x 131,071 pixels, more than"), std::string::npos)
      << problem_of(bytes);
}

TEST(TiffDecoder, KindsThatAreNotDecodedAreNamed) {
  std::string bytes = golden_picture("tiff_black_is_0_8.tif").bytes;
  const auto directory =
      static_cast<size_t>(static_cast<uint8_t>(bytes[4]) | static_cast<uint8_t>(bytes[5]) << 8);
  ASSERT_EQ(bytes[directory + 2 + 12 * 4], '\x06');  // 262, the photometric interpretation
  bytes[directory + 2 + 12 * 4 + 8] = 8;             // CIELab
  EXPECT_EQ(problem_of(bytes).find("a TIFF with colours of kind 8, which is not decoded"), 0u)
      << problem_of(bytes);
}

}  // namespace
}  // namespace clipwright::data::image
