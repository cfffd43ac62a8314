#include "eval/paired/labels.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/words.h"

namespace clipwright::eval::paired {
namespace {

std::string plain(std::string name) {
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && std::string_view("-_.+").find(c) == std::string_view::npos)
      c = '_';
  }
  if (name.empty() || name[0] == '.') name.insert(0, "_");
  return name;
}

/// The parts of a path from the last on, without those that every model has.
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  const fs::path whole = fs::absolute(path).lexically_normal();
  for (const fs::path& part : whole) {
    if (!part.empty() && part != "/") parts.push_back(part.string());
  }
  std::reverse(parts.begin(), parts.end());
  if (parts.size() > 1 && parts[0] == "model") parts.erase(parts.begin());
  // "step_10" of one run is not "step_10" of another.
  if (parts.size() > 2 && parts[1] == "checkpoints") {
    parts[0] = parts[2] + "-" + parts[0];
    parts.erase(parts.begin() + 1, parts.begin() + 3);
  }
  if (!parts.empty() && fs::path(parts[0]).extension() == ".json")
    parts[0] = fs::path(parts[0]).stem().string();
  return parts;
}

std::string joined(const std::vector<std::string>& parts, size_t count) {
  std::string name;
  for (size_t i = 0; i < std::min(count, parts.size()); ++i)
    name = plain(parts[i]) + (name.empty() ? "" : "-") + name;
  return name;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> labelled(
    const std::vector<std::string>& arguments) {
  std::vector<std::pair<std::string, std::string>> named;
  std::vector<std::vector<std::string>> parts;
  std::error_code ignored;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    const bool has_name = equals != std::string::npos && equals > 0 &&
                          !fs::exists(argument, ignored) &&
                          argument.substr(0, equals).find('/') == std::string::npos;
    named.emplace_back(has_name ? plain(argument.substr(0, equals)) : "",
                       has_name ? argument.substr(equals + 1) : argument);
    parts.push_back(has_name ? std::vector<std::string>() : parts_of(named.back().second));
  }
  for (size_t count = 1; count < 32; ++count) {
    std::map<std::string, int> uses;
    for (size_t i = 0; i < named.size(); ++i)
      ++uses[ascii_lower(parts[i].empty() ? named[i].first : joined(parts[i], count))];
    for (size_t i = 0; i < named.size(); ++i) {
      const std::string name = joined(parts[i], count);
      if (!parts[i].empty() && named[i].first.empty() && uses[ascii_lower(name)] == 1)
        named[i].first = name;
    }
  }
  std::map<std::string, std::string> taken;
  for (auto& [name, path] : named) {
    // Names become folders, which some file systems do not tell apart by case.
    if (name.empty() || !taken.emplace(ascii_lower(name), path).second) {
      fail_usage("'" + path + "' is given twice, or under a name that is taken",
                 "models with names that differ in more than case", "Give names: NAME=PATH.");
    }
  }
  return named;
}

}  // namespace clipwright::eval::paired
