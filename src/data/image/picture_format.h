// What a file is by its first bytes, whatever its name says.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace clipwright::data::image {

/// A kind of file that is decoded.
enum class PictureFormat { kJpeg, kPng, kWebp, kGif, kBmp, kTiff, kNone };

PictureFormat picture_format(std::span<const std::byte> file);

/// "JPEG"; "other" for kNone.
std::string_view format_name(PictureFormat format);
/// The ending that such a file has: "jpg", "png", ...; empty for kNone.
std::string_view format_ending(PictureFormat format);

/// For a file of kNone: what it is, if that is known, that it is not decoded, and what to do. A
/// sentence without its end.
std::string foreign_format(std::span<const std::byte> file);

}  // namespace clipwright::data::image
