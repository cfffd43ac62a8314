#include "core/json.h"

#include "core/error.h"
#include "core/file.h"

namespace clipwright {

Json parse_json(std::string_view text, std::string_view where) {
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
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace clipwright
