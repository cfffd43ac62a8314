#include "data/image/picture_format.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/words.h"

namespace clipwright::data::image {
namespace {

using namespace std::string_view_literals;

std::string_view text_of(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

/// Two letters are not enough to tell a BMP: the size of its second header is one of a few.
bool is_bmp(std::string_view bytes) {
  if (!bytes.starts_with("BM") || bytes.size() < 18) return false;
  constexpr uint8_t kSizes[] = {12, 40, 52, 56, 64, 108, 124};
  return bytes.substr(15, 3) == "\0\0\0"sv &&
         std::find(std::begin(kSizes), std::end(kSizes), static_cast<uint8_t>(bytes[14])) !=
             std::end(kSizes);
}

/// A file of boxes (ISO/IEC 14496-12) by the brands in its first box.
std::string_view brand_name(std::string_view bytes) {
  if (bytes.size() < 16 || bytes.substr(4, 4) != "ftyp") return {};
  // The first brand is the file's own, the others are what it can be read as.
  const std::string_view brands = bytes.substr(8, 120);
  const auto any = [&](std::initializer_list<std::string_view> names) {
    for (size_t at = 0; at + 4 <= brands.size(); at += 4) {
      for (const std::string_view name : names) {
        if (brands.substr(at, 4) == name) return true;
      }
    }
    return false;
  };
  if (any({"avif", "avis"})) return "an AVIF picture";
  if (any({"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}))
    return "a HEIC picture";
  if (brands.starts_with("crx ")) return "a camera's raw picture (CR3)";
  if (brands.starts_with("jxl ")) return "a JPEG XL picture";
  return "a video";
}

/// The text of a file that may be one, without what stands before its first letter.
std::string beginning_of_text(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return ascii_lower(bytes.substr(begin, 1024));
}

struct Known {
  std::string_view what, advice;
};

constexpr std::string_view kConvert = "convert it once, e.g. to PNG with ImageMagick";
constexpr std::string_view kFetchAgain = "fetch it again";

Known known_as(std::string_view bytes) {
  if (const std::string_view name = brand_name(bytes); !name.empty()) {
    return {name, name == "a HEIC picture" ? "convert it once, e.g. with heif-convert"
                  : name == "a video"      ? "take its frames, e.g. with ffmpeg"
                                           : kConvert};
  }
  static constexpr std::pair<std::string_view, std::string_view> kPictures[] = {
      {"\0\0\0\x0CjP  "sv, "a JPEG 2000 picture"},
      {"\xFF\x4F\xFF\x51"sv, "a JPEG 2000 picture"},
      {"\0\0\0\x0CJXL "sv, "a JPEG XL picture"},
      {"\xFF\x0A"sv, "a JPEG XL picture"},
      {"II\xBC"sv, "a JPEG XR picture"},
      {"8BPS"sv, "a Photoshop file (PSD)"},
      {"gimp xcf"sv, "a GIMP file (XCF)"},
      {"%PDF"sv, "a PDF"},
      {"%!PS"sv, "a PostScript file"},
      {"\0\0\1\0"sv, "an icon (ICO)"},
      {"v/1\x01"sv, "an OpenEXR picture"},
      {"#?RADIANCE"sv, "a Radiance picture (HDR)"},
      {"DDS "sv, "a DDS texture"},
      {"qoif"sv, "a QOI picture"},
      {"FORM"sv, "an IFF picture"}};
  for (const auto& [magic, name] : kPictures) {
    if (bytes.starts_with(magic)) return {name, kConvert};
  }
  if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
      " \t\r\n"sv.find(bytes[2]) != std::string_view::npos)
    return {"a PNM picture (PBM, PGM, PPM)", kConvert};
  if (bytes.starts_with("version https://git-lfs"))
    return {"a pointer of Git LFS in the place of a file", "fetch the files with 'git lfs pull'"};
  if (bytes.starts_with("\x1f\x8b"sv)) return {"a gzipped file", "unpack it once with gunzip"};
  if (bytes.starts_with("PK\x03\x04"sv)) return {"a ZIP archive", "unpack it once with unzip"};
  if (bytes.starts_with("RIFF") || bytes.starts_with("\x1A\x45\xDF\xA3"))
    return {"sound or video", "take its frames, e.g. with ffmpeg"};
  if (bytes.find_first_not_of('\0') == std::string_view::npos)
    return {"a file of zeros", kFetchAgain};
  const std::string text = beginning_of_text(bytes);
  if (text.starts_with("<svg") ||
      (text.starts_with("<") && text.find("<svg") != std::string::npos &&
       text.find("<html") == std::string::npos))
    return {"an SVG drawing", "draw it once, e.g. with rsvg-convert"};
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body", "<script"}) {
    if (text.starts_with(tag))
      return {"an HTML page", "what a server sends instead of a picture: fetch it again"};
  }
  if (text.starts_with("<?xml") || text.starts_with("<error"))
    return {"an XML text", "what a server sends instead of a picture: fetch it again"};
  if (text.starts_with("{") || text.starts_with("["))
    return {"a JSON text", "what a server sends instead of a picture: fetch it again"};
  return {};
}

}  // namespace

PictureFormat picture_format(std::span<const std::byte> file) {
  const std::string_view bytes = text_of(file);
  if (bytes.starts_with("\xFF\xD8\xFF")) return PictureFormat::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return PictureFormat::kPng;
  if (bytes.starts_with("RIFF") && bytes.size() >= 16 && bytes.substr(8, 4) == "WEBP")
    return PictureFormat::kWebp;
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return PictureFormat::kGif;
  if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) ||
      bytes.starts_with("II+\0"sv) || bytes.starts_with("MM\0+"sv))
    return PictureFormat::kTiff;
  return is_bmp(bytes) ? PictureFormat::kBmp : PictureFormat::kNone;
}

std::string_view format_name(PictureFormat format) {
  switch (format) {
    case PictureFormat::kJpeg:
      return "JPEG";
    case PictureFormat::kPng:
      return "PNG";
    case PictureFormat::kWebp:
      return "WebP";
    case PictureFormat::kGif:
      return "GIF";
    case PictureFormat::kBmp:
      return "BMP";
    case PictureFormat::kTiff:
      return "TIFF";
    case PictureFormat::kNone:
      break;
  }
  return "other";
}

std::string_view format_ending(PictureFormat format) {
  switch (format) {
    case PictureFormat::kJpeg:
      return "jpg";
    case PictureFormat::kPng:
      return "png";
    case PictureFormat::kWebp:
      return "webp";
    case PictureFormat::kGif:
      return "gif";
    case PictureFormat::kBmp:
      return "bmp";
    case PictureFormat::kTiff:
      return "tif";
    case PictureFormat::kNone:
      break;
  }
  return {};
}

std::string foreign_format(std::span<const std::byte> file) {
  if (file.empty()) return "an empty file, not a picture";
  const Known known = known_as(text_of(file));
  const std::string decoded = "(JPEG, PNG, WebP, GIF, BMP and TIFF are)";
  if (known.what.empty()) return "not a picture that is decoded " + decoded;
  return std::string(known.what) + ", which is not decoded " + decoded + "; " +
         std::string(known.advice);
}

}  // namespace clipwright::data::image
