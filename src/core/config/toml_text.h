// TOML files before a parser sees them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace clipwright {

/// Throws Error(kInput) for what toml++ 3.3 does not survive: control characters, which TOML
/// forbids (one in a header meets an assertion), and a key of more than 100 parts ("a.a.a ... = 1";
/// nested values are bounded there, but not keys, each part of which takes a frame of the stack).
void require_toml_text(std::string_view text, const std::string& where);

/// The file's text. Throws Error(kInput) when it cannot be read or is not such a text.
std::string read_toml_text(const std::filesystem::path& path);

}  // namespace clipwright
