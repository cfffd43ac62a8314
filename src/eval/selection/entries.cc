#include "eval/selection/entries.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/loose_json.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval::selection {
namespace {

std::vector<Entry> read_lines(const std::filesystem::path& path) {
  std::vector<Entry> entries;
  records::LineReader reader(path);
  int64_t number = 0;
  for (std::string_view line; reader.next(line);) {
    ++number;
    if (text::unicode::trimmed(line).empty()) continue;
    entries.push_back({std::to_string(entries.size()),
                       path.string() + ", line " + std::to_string(number), parse_loosely(line)});
  }
  return entries;
}

}  // namespace

std::vector<Entry> read_entries(const std::filesystem::path& path) {
  std::vector<Entry> entries;
  const MappedFile mapped(path);
  const std::string_view text = text::unicode::trimmed(mapped.text());
  Json file = parse_loosely(text);
  // An object of objects may hold a few that are none; a line's own object holds texts.
  const auto mostly_objects = [](const Json& value) {
    return 2 * std::count_if(value.begin(), value.end(),
                             [](const Json& entry) { return entry.is_object(); }) >
           static_cast<int64_t>(value.size());
  };
  const auto add = [&](const std::string& key, Json& object) {
    entries.push_back({key, path.string() + ": entry " + key, std::move(object)});
  };
  if (file.is_array()) {
    for (size_t i = 0; i < file.size(); ++i) add(std::to_string(i), file[i]);
  } else if (file.is_object() && mostly_objects(file)) {
    for (auto& [key, value] : file.items()) add(key, value);
  } else if (!text.starts_with('[')) {
    entries = read_lines(path);
  }
  if (std::none_of(entries.begin(), entries.end(),
                   [&](const Entry& entry) { return entry.object.is_object(); })) {
    // Of a file that was cut off, where it stops being JSON.
    if (file.is_discarded() && (text.starts_with('[') || text.starts_with('{')))
      parse_json(mapped.text(), path.string());
    fail_input(path.string() + ": holds no JSON objects",
               "a list of objects, an object of objects, or an object a line");
  }
  return entries;
}

}  // namespace clipwright::eval::selection
