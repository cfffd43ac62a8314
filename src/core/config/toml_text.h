// TOML files before a parser sees them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace clipwright {

/// Throws Error(kInput) for a key of more than 100 parts ("a.a.a ... = 1"): toml++ 3.3 bounds
/// nested values, but not keys, each part of which takes a frame of its stack.
void refuse_deep_keys(std::string_view text, const std::string& where);

/// The file's text. Throws Error(kInput) when it cannot be read or holds such a key.
std::string read_toml_text(const std::filesystem::path& path);

}  // namespace clipwright
