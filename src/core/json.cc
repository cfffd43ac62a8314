#include "core/json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "core/file.h"

namespace clipwright {

bool nested_too_deeply(std::string_view json) {
  const auto opens = [](char c) { return c == '[' || c == '{'; };
  // Nearly every text has too few brackets to be deep.
  if (std::count_if(json.begin(), json.end(), opens) <= kDeepestJson) return false;
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') ++at;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (opens(c)) {
      if (++depth > kDeepestJson) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

Json try_json(std::string_view text) {
  return nested_too_deeply(text) ? Json(Json::value_t::discarded)
                                 : Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Json parse_json(std::string_view text, std::string_view where) {
  if (nested_too_deeply(text)) {
    fail_input(std::string(where) + ": has more than " + std::to_string(kDeepestJson) +
                   " arrays and objects in one another",
               "JSON that is nested less");
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    fail_input(std::string(where) + ": is not valid JSON (" + error.what() + ")");
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

std::string to_line(const Json& value) {
  const std::string line = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  // Not line ends in JSON, but to readers that take a file apart as Python's splitlines does.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLineEnds = {
      {{"\u0085", "\\u0085"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}}};
  std::string escaped;
  size_t kept = 0;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] != kLineEnds[0].first[0] && line[at] != kLineEnds[1].first[0]) continue;
    for (const auto& [end, escape] : kLineEnds) {
      if (line.compare(at, end.size(), end) != 0) continue;
      escaped.append(line, kept, at - kept).append(escape);
      kept = at + end.size();
    }
  }
  return kept == 0 ? line : escaped.append(line, kept);
}

}  // namespace clipwright
