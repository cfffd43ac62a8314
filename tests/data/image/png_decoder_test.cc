#include <zlib.h>

#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

/// Corrects the checksum of the chunk whose type is at `type`.
void correct_checksum(std::string& bytes, size_t type, size_t length) {
  const auto checksum = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(&bytes[type]), static_cast<uInt>(length + 4)));
  for (size_t i = 0; i < 4; ++i)
    bytes[type + 4 + length + i] = static_cast<char>(checksum >> (24 - 8 * i) & 0xFF);
}

std::string with_header_byte(size_t offset, std::string_view value) {
  std::string bytes = golden_picture("png_rgb.png").bytes;
  bytes.replace(16 + offset, value.size(), value);
  correct_checksum(bytes, 12, 13);
  return bytes;
}

TEST(PngDecoder, EqualsPillow) { expect_pillow_pixels("png_", 30); }

TEST(PngDecoder, PartEqualsWhole) { expect_regions_equal_whole("png_", 20); }

TEST(PngDecoder, SaysWhereATruncatedFileEnds) {
  const std::string bytes = golden_picture("png_rgb.png").bytes;
  const std::string problem = problem_of(bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(problem.find("truncated PNG"), std::string::npos) << problem;
  EXPECT_NE(problem.find("of 43"), std::string::npos) << problem;
}

TEST(PngDecoder, RefusesAWrongChecksumBeforeTheData) {
  std::string bytes = golden_picture("png_rgb.png").bytes;
  bytes[19] ^= 1;
  EXPECT_EQ(problem_of(bytes), "damaged PNG: the checksum of chunk 'IHDR' does not fit");
}

TEST(PngDecoder, RefusesHeadersThatAreNotPng) {
  EXPECT_NE(problem_of(with_header_byte(0, std::string(4, '\0'))).find("nothing to show"),
            std::string::npos);
  EXPECT_NE(problem_of(with_header_byte(0, "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF"))
                .find("2,147,483,647 x 2,147,483,647"),
            std::string::npos);
  EXPECT_EQ(problem_of(with_header_byte(8, "\x07")),
            "damaged PNG: 7 bits a sample with colour type 2");
  EXPECT_EQ(problem_of(with_header_byte(9, "\x05")),
            "damaged PNG: 8 bits a sample with colour type 5");
  EXPECT_EQ(problem_of(with_header_byte(11, "\x01")),
            "damaged PNG: unknown compression or filter method");
}

TEST(PngDecoder, DoesNotTakeMemoryForPixelsThatCannotBeInTheFile) {
  std::string size("\x00\x00\x30\x00\x00\x00\x30\x00",
                   8);  // 12,288 squared is within the limit, in a file of a few kB
  EXPECT_EQ(problem_of(with_header_byte(0, size)),
            "truncated PNG: too short for the size in its header");
}

}  // namespace
}  // namespace clipwright::data::image
