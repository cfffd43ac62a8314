// Pictures in files of their own.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/source/dataset.h"

namespace clipwright::data::source {

/// The bytes of a picture file; `error` when it is missing, no regular file, too large or
/// unreadable. Never throws.
ImageBytes read_image_file(const std::filesystem::path& path);

/// What a caption has that came without a picture.
ImageBytes caption_without_picture();

/// True for .jpg, .jpeg, .png and .webp in any case.
bool is_image_name(std::string_view name);

/// The ending without its dot, in lower case: "x/Y.JPG" gives "jpg".
std::string lower_extension(std::string_view name);

}  // namespace clipwright::data::source
