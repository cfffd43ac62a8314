// What a --config file says, before it is known which settings there are.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clipwright::flags {

/// Sections are for readers: [data] train-data = "x" says the same as train-data = "x".
struct ConfigFile {
  std::map<std::string, std::vector<std::string>> values;  ///< by key; a list has several
  std::vector<std::string> sections;                       ///< "outer.inner" for inner ones
};

/// Throws Error(kInput) when the file cannot be read, Error(kUsage) when it is no TOML.
ConfigFile read_config_file(const std::string& path);

}  // namespace clipwright::flags
