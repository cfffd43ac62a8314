// The JSON type used everywhere; objects keep the order in which their keys were added.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace clipwright {

using Json = nlohmann::ordered_json;

/// How many arrays and objects may lie in one another. A value that is copied, compared or printed
/// takes some stack a level: a text of a million brackets would end the process.
constexpr int kDeepestJson = 500;
/// Whether a text is nested deeper, for those who parse it by themselves.
bool nested_too_deeply(std::string_view json);

/// Parses a JSON text. Throws Error(kInput) naming `where` and the byte at which it stops being
/// JSON.
Json parse_json(std::string_view text, std::string_view where);
/// The same for text from outside that may be anything: a discarded value (`is_discarded`) for what
/// is no JSON or nested too deeply. Never throws.
Json try_json(std::string_view text);
/// Reads and parses a JSON file. Throws Error(kInput).
Json read_json(const std::filesystem::path& path);
/// One line for any reader (U+0085, U+2028 and U+2029 are escaped), invalid UTF-8 replaced, so that
/// a record of untrusted text can always be written.
std::string to_line(const Json& value);

}  // namespace clipwright
