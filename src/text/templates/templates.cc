#include "text/templates/templates.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "text/templates/imagenet_templates.h"
#include "text/text_file.h"

namespace clipwright::text::templates {
namespace {

constexpr std::string_view kNamed = "{c}", kUnnamed = "{}";

std::string_view strip(std::string_view line) {
  constexpr std::string_view kSpaces = " \t\r\n\f\v";
  const size_t first = line.find_first_not_of(kSpaces);
  return first == line.npos ? std::string_view()
                            : line.substr(first, line.find_last_not_of(kSpaces) - first + 1);
}

void check_template(std::string_view prompt, const std::string& where) {
  if (prompt.find(kNamed) != prompt.npos || prompt.find(kUnnamed) != prompt.npos) return;
  fail_input(where + ": \"" + std::string(prompt) + "\" has no place for the class name",
             "{c} or {}", "Write for example: a photo of a {c}.");
}

std::vector<std::string> read_lines(std::string_view text, const std::string& file) {
  std::vector<std::string> templates;
  int number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = strip(text.substr(start, end - start));
    start = end + 1;
    ++number;
    if (line.empty()) continue;
    check_template(line, file + ", line " + std::to_string(number));
    templates.emplace_back(line);
  }
  return templates;
}

/// A list of templates, or CLIP_benchmark's object with one data set's list.
std::vector<std::string> read_list(const Json& json, const std::string& file) {
  const Json* list = &json;
  if (json.is_object()) {
    if (json.size() != 1) {
      fail_input(file + " has templates for " + std::to_string(json.size()) + " data sets", "one",
                 "Keep the list of the data set at hand.");
    }
    list = &json.begin().value();
  }
  std::vector<std::string> templates;
  if (!list->is_array())
    fail_input(file + " holds no list of templates", "a JSON list of strings with {c}");
  for (const Json& item : *list) {
    const std::string where = file + ", template " + std::to_string(templates.size() + 1);
    if (!item.is_string()) fail_input(where + " is no string", "a string with {c}");
    templates.push_back(item.get<std::string>());
    check_template(templates.back(), where);
  }
  return templates;
}

}  // namespace

std::vector<std::string> templates_7() { return {kSevenTemplates.begin(), kSevenTemplates.end()}; }

std::vector<std::string> templates_80() {
  return {kEightyTemplates.begin(), kEightyTemplates.end()};
}

std::vector<std::string> load_templates(const std::string& name_or_file) {
  if (name_or_file == "7") return templates_7();
  if (name_or_file == "80") return templates_80();
  if (name_or_file == "plain") return {std::string(kNamed)};
  if (!fs::exists(name_or_file)) {
    fail_input("there is no template set or file '" + name_or_file + "'",
               "7, 80, plain or a file with a template a line");
  }
  const std::string text = read_text(name_or_file);
  std::vector<std::string> templates = fs::path(name_or_file).extension() == ".json"
                                           ? read_list(parse_json(text, name_or_file), name_or_file)
                                           : read_lines(text, name_or_file);
  if (templates.empty())
    fail_input("the template file " + name_or_file + " is empty",
               "a template a line with {c} or {}");
  return templates;
}

std::string fill_template(std::string_view prompt_template, std::string_view class_name) {
  std::string text;
  for (size_t i = 0; i < prompt_template.size();) {
    const std::string_view rest = prompt_template.substr(i);
    const size_t length = rest.starts_with(kNamed)     ? kNamed.size()
                          : rest.starts_with(kUnnamed) ? kUnnamed.size()
                                                       : 0;
    if (length == 0) {
      text.push_back(prompt_template[i++]);
    } else {
      text += class_name;
      i += length;
    }
  }
  return text;
}

}  // namespace clipwright::text::templates
