// Files that ship with the program or were fetched for it.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace clipwright {

/// The folders that are looked through, in this order: $CLIPWRIGHT_SHARE, ../share/clipwright
/// beside the program, the build tree.
std::vector<std::filesystem::path> shared_folders();

/// The first of them that has such a file or folder; empty where none has. For what must be there:
/// shared_file (core/file.h).
std::filesystem::path find_shared_file(std::string_view name);

}  // namespace clipwright
