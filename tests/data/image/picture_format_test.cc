#include "data/image/picture_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::StartsWith;

PictureFormat format_of(std::string_view bytes) {
  return picture_format(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

TEST(PictureFormat, IsReadFromTheFirstBytes) {
  const std::pair<const char*, PictureFormat> kKinds[] = {
      {"jpeg_", PictureFormat::kJpeg}, {"png_", PictureFormat::kPng},
      {"webp_", PictureFormat::kWebp}, {"gif_", PictureFormat::kGif},
      {"bmp_", PictureFormat::kBmp},   {"tiff_", PictureFormat::kTiff}};
  for (const auto& [prefix, format] : kKinds) {
    for (const GoldenPicture& picture : golden_pictures(prefix)) {
      EXPECT_EQ(picture_format(picture.view()), format) << picture.name;
      EXPECT_TRUE(picture.name.ends_with(format_ending(format))) << picture.name;
    }
  }
  EXPECT_EQ(format_of("BM is also how a text may begin"), PictureFormat::kNone);
  EXPECT_EQ(format_of(""), PictureFormat::kNone);
}

/// Every kind that people have under .jpg: called by its name, with what to do.
TEST(PictureFormat, WhatIsNotDecodedIsNamedWithAdvice) {
  const struct {
    std::string_view bytes;
    const char* name;
    const char* advice;
  } kForeign[] = {
      {"\0\0\0\x1c"
       "ftypavif\0\0\0\0avifmif1"sv,
       "an AVIF picture", "convert it once"},
      {"\0\0\0\x1c"
       "ftypmif1\0\0\0\0mif1avif"sv,
       "an AVIF picture", "convert it once"},
      {"\0\0\0\x18"
       "ftypheic\0\0\0\0mif1heic"sv,
       "a HEIC picture", "heif-convert"},
      {"\0\0\0\x18"
       "ftypisom\0\0\2\0isommp41"sv,
       "a video", "ffmpeg"},
      {"\0\0\0\x0CjP  \r\n\x87\n...."sv, "a JPEG 2000 picture", "convert it once"},
      {"\xFF\x4F\xFF\x51...."sv, "a JPEG 2000 picture", "convert it once"},
      {"\0\0\0\x0CJXL \r\n\x87\n...."sv, "a JPEG XL picture", "convert it once"},
      {"\xFF\x0A...."sv, "a JPEG XL picture", "convert it once"},
      {"8BPS\0\1"sv, "a Photoshop file (PSD)", "convert it once"},
      {"%PDF-1.7"sv, "a PDF", "convert it once"},
      {"P6\n2 2\n255\n"sv, "a PNM picture", "convert it once"},
      {"\0\0\1\0\1\0"sv, "an icon (ICO)", "convert it once"},
      {"<svg xmlns='http://www.w3.org/2000/svg'/>"sv, "an SVG drawing", "rsvg-convert"},
      {"<?xml version='1.0'?>\n<svg/>"sv, "an SVG drawing", "rsvg-convert"},
      {"\n <!DOCTYPE html><html><svg/></html>"sv, "an HTML page", "fetch it again"},
      {"\xEF\xBB\xBF<HTML><body>404"sv, "an HTML page", "fetch it again"},
      {"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"sv, "an XML text",
       "fetch it again"},
      {"{\"error\": \"rate limit\"}"sv, "a JSON text", "fetch it again"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0"sv, "a pointer of Git LFS",
       "git lfs pull"},
      {"\x1f\x8b\x08"sv, "a gzipped file", "gunzip"},
      {"\0\0\0\0\0\0\0\0\0"sv, "a file of zeros", "fetch it again"},
  };
  for (const auto& [bytes, name, advice] : kForeign) {
    const std::string problem = problem_of(bytes);
    EXPECT_THAT(problem, StartsWith(name));
    EXPECT_THAT(problem, HasSubstr("is not decoded (JPEG, PNG, WebP, GIF, BMP and TIFF are)"));
    EXPECT_THAT(problem, HasSubstr(advice));
  }
  EXPECT_EQ(problem_of(""), "an empty file, not a picture");
  EXPECT_EQ(problem_of("hello"),
            "not a picture that is decoded (JPEG, PNG, WebP, GIF, BMP and TIFF are)");
}

}  // namespace
}  // namespace clipwright::data::image
