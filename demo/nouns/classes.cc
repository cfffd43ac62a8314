#include "demo/nouns/classes.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "core/error.h"
#include "core/file.h"

namespace clipwright::demo::nouns {
namespace {

std::string strip(std::string text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::vector<ObjectClass> read_classes(const std::filesystem::path& path,
                                      const std::map<char32_t, Annotation>& annotations) {
  std::istringstream lines(read_file(path));
  std::vector<ObjectClass> classes;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const std::string place = path.string() + ", line " + std::to_string(number) + ": ";
    std::istringstream fields(line);
    std::string code, name, synonym;
    std::getline(fields, code, '|');
    std::getline(fields, name, '|');
    std::getline(fields, synonym, '|');
    ObjectClass object{static_cast<char32_t>(std::strtoul(code.c_str(), nullptr, 16)), strip(name),
                       strip(synonym)};
    const auto found = annotations.find(object.code_point);
    if (found == annotations.end()) {
      fail_input(place + "'" + strip(code) + "' is no annotated character",
                 "code point | name | synonym");
    }
    if (found->second.name != object.name) {
      fail_input(place + "'" + object.name + "'", "CLDR's name '" + found->second.name + "'");
    }
    const std::vector<std::string>& keywords = found->second.keywords;
    if (!object.synonym.empty() &&
        std::find(keywords.begin(), keywords.end(), object.synonym) == keywords.end()) {
      fail_input(place + "'" + object.synonym + "' is no keyword of '" + object.name + "' in CLDR");
    }
    classes.push_back(std::move(object));
  }
  if (classes.size() < 2) fail_input(path.string() + ": fewer than two classes");
  return classes;
}

}  // namespace clipwright::demo::nouns
