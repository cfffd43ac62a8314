// Files below a folder, and files that a pattern names. Symbolic links are followed; hidden files
// (file_names.h) are passed over.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::files {

/// The files below a folder whose names are wanted, by path relative to it, sorted. Folders that
/// may not be opened are passed over; a link that leads back to a folder above itself is too.
/// Throws Error(kInput) when the folder itself cannot be listed, or when links to folders multiply
/// without end, Error(kInterrupted) as stop_if_interrupted does.
std::vector<std::string> files_below(const std::filesystem::path& folder,
                                     const std::function<bool(std::string_view name)>& wanted);

/// The files of a folder itself whose names have this ending in any case, by path, sorted.
std::vector<std::string> files_in(const std::filesystem::path& folder, std::string_view ending);

/// Whether a path holds `*`, `?` or `[`.
bool is_pattern(std::string_view path);

/// The files and folders that a pattern names, sorted: `*`, `?`, `[0-9]` and `[!a]` inside a name,
/// and `**` for any number of folders. As in a shell, only a dot in the pattern matches a dot that
/// begins a name. Throws as files_below does for links without end.
std::vector<std::string> matching_paths(const std::string& pattern);

}  // namespace clipwright::data::files
