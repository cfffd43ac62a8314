#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

TEST(JpegDecoder, EqualsPillow) { expect_pillow_pixels("jpeg_", 20); }

TEST(JpegDecoder, PartEqualsWhole) { expect_regions_equal_whole("jpeg_", 60); }

TEST(JpegDecoder, CutShortIsRefusedWhereverTheCropLies) {
  const GoldenPicture picture = golden_picture("jpeg_420_large.jpg");
  const std::string cut = picture.bytes.substr(0, picture.bytes.size() * 9 / 10);
  EXPECT_NE(problem_of(cut).find("truncated JPEG: the data ends at row"), std::string::npos)
      << problem_of(cut);
  ImageReader reader;
  Image image;
  std::string problem;
  ImageDecoder* decoder = reader.open(std::as_bytes(std::span(cut)), problem);
  ASSERT_NE(decoder, nullptr) << problem;
  EXPECT_NE(decoder->decode({0, 0, 64, 32}, image).find("truncated JPEG"), std::string::npos);
}

TEST(JpegDecoder, LackOfTheEndMarkerIsTruncationAsForPillow) {
  const GoldenPicture picture = golden_picture("jpeg_420_large.jpg");
  EXPECT_NE(problem_of(picture.bytes.substr(0, picture.bytes.size() - 2)).find("truncated JPEG"),
            std::string::npos);
  EXPECT_EQ(problem_of(picture.bytes + "bytes after the end do no harm"), "");
}

TEST(JpegDecoder, KeepsWorkingAfterADamagedFile) {
  const GoldenPicture picture = golden_picture("jpeg_444.jpg");
  ImageReader reader;
  Image image;
  std::string problem;
  const std::string cut = picture.bytes.substr(0, 700);
  if (ImageDecoder* decoder = reader.open(std::as_bytes(std::span(cut)), problem)) {
    EXPECT_NE(decoder->decode({0, 0, decoder->width(), decoder->height()}, image), "");
  } else {
    EXPECT_NE(problem, "");
  }
  ImageDecoder* decoder = reader.open(picture.view(), problem);
  ASSERT_NE(decoder, nullptr) << problem;
  EXPECT_EQ(decoder->decode({0, 0, decoder->width(), decoder->height()}, image), "");
}

TEST(JpegDecoder, RefusesAHugePictureFromItsHeader) {
  std::string bytes = golden_picture("jpeg_444.jpg").bytes;
  const size_t frame = bytes.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\xFF\x00\xFF\x00", 4);
  EXPECT_EQ(problem_of(bytes),
            "its header says 65,280 x 65,280 pixels, more than the 178,956,970 that are decoded");
}

TEST(JpegDecoder, RefusesTwoComponents) {
  std::string bytes = golden_picture("jpeg_grey.jpg").bytes;
  const size_t frame = bytes.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  bytes[frame + 3] = 14;  // three bytes longer, for a second component
  bytes[frame + 9] = 2;
  bytes.insert(frame + 13, "\x02\x11\x00", 3);
  EXPECT_NE(problem_of(bytes).find("2 colour components"), std::string::npos) << problem_of(bytes);
}

}  // namespace
}  // namespace clipwright::data::image
