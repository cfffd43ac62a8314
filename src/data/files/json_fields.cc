#include "data/files/json_fields.h"

#include <algorithm>

#include "core/words.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::files {
namespace {

constexpr int kDeepest = 4;  // deeper, nobody looks for a caption

std::string plain_text(const Json& value) {
  if (value.is_string())
    return std::string(text::unicode::trimmed(value.get_ref<const std::string&>()));
  return value.is_number_integer() ? value.dump() : std::string();
}

std::string nested_place(const Json& object, const std::vector<std::string>& names, int depth) {
  for (const auto& [outer, value] : object.items()) {
    if (!value.is_object()) continue;
    for (const std::string& name : names) {
      if (value.contains(name)) return outer + "." + name;
    }
    if (depth == kDeepest) continue;
    if (const std::string inner = nested_place(value, names, depth + 1); !inner.empty())
      return outer + "." + inner;
  }
  return {};
}

}  // namespace

const Json* find_field(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  if (const auto found = object.find(std::string(name)); found != object.end()) return &*found;
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const auto outer = object.find(std::string(name.substr(0, dot)));
    if (outer == object.end()) continue;
    if (const Json* inner = find_field(*outer, name.substr(dot + 1)); inner != nullptr)
      return inner;
  }
  for (const auto& [other, value] : object.items()) {
    if (other.size() == name.size() && ascii_lower(other) == ascii_lower(name)) return &value;
  }
  return nullptr;
}

std::string text_of(const Json& value) {
  if (value.is_array() && value.size() == 1) return plain_text(value[0]);
  if (!value.is_object()) return plain_text(value);
  for (const char* name : {"path", "file_name", "filename"}) {
    if (const auto found = value.find(name); found != value.end() && found->is_string())
      return plain_text(*found);
  }
  return {};
}

void add_captions(const Json& value, std::vector<std::string>& captions) {
  if (value.is_array()) {
    for (const Json& one : value) {
      if (one.is_string() || one.is_object()) add_captions(one, captions);
    }
    return;
  }
  if (value.is_object()) {
    for (const char* name : {"raw", "caption", "text"}) {
      if (const auto found = value.find(name); found != value.end() && found->is_string())
        return add_captions(*found, captions);
    }
    return;
  }
  if (std::string text = plain_text(value); !text.empty()) captions.push_back(std::move(text));
}

std::string nested_place(const Json& object, const std::vector<std::string>& names) {
  return object.is_object() ? nested_place(object, names, 1) : std::string();
}

}  // namespace clipwright::data::files
