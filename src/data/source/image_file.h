// Pictures in files of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/source/dataset.h"

namespace clipwright::data::source {

/// The bytes of a picture file; `error` when it is missing, an address on a network, no regular
/// file, too large or unreadable. Never throws.
ImageBytes read_image_file(const std::filesystem::path& path);

/// A wrong image root should stop a run before it starts, not after the first two hundred failures:
/// throws Error(kInput) when none of up to 100 of the `count` pictures that the table `table` names
/// is there, below `root`. `name` gives the path of one, empty for one that lies elsewhere. Says so
/// where paths with Windows' backslashes would be found with slashes.
void check_pictures(const std::string& table, const std::filesystem::path& root, int64_t count,
                    const std::function<std::string(int64_t)>& name);

/// What a caption has that came without a picture.
ImageBytes caption_without_picture();

}  // namespace clipwright::data::source
