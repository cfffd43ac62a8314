#include "flags/config_file.h"

#include <cstdio>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"

namespace clipwright::flags {
namespace {

std::string toml_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
  if (const auto* real = node.as_floating_point()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", real->get());
    return text;
  }
  return {};
}

void flatten(const toml::table& table, ConfigFile& file, const std::string& path = {}) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto* inner = node.as_table()) {
      file.sections.push_back(path + name);
      flatten(*inner, file, path + name + ".");
    } else if (const auto* list = node.as_array()) {
      for (const auto& item : *list) file.values[name].push_back(toml_text(item));
    } else {
      file.values[name].push_back(toml_text(node));
    }
  }
}

}  // namespace

ConfigFile read_config_file(const std::string& path) {
  ConfigFile file;
  try {
    flatten(toml::parse(read_toml_text(path), path), file);
  } catch (const toml::parse_error& error) {
    fail_usage(path + ", line " + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()),
               "TOML");
  }
  return file;
}

}  // namespace clipwright::flags
