// The JSON type used everywhere; objects keep the order in which their keys were added.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace clipwright {

using Json = nlohmann::ordered_json;

/// Parses a JSON text. Throws Error(kInput) naming `where` and the byte at which it stops being
/// JSON.
Json parse_json(std::string_view text, std::string_view where);
/// Reads and parses a JSON file. Throws Error(kInput).
Json read_json(const std::filesystem::path& path);
/// One line, invalid UTF-8 replaced, so that a record of untrusted text can always be written.
std::string to_line(const Json& value);

}  // namespace clipwright
