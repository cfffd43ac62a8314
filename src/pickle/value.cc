#include "pickle/value.h"

namespace clipwright::pickle {

std::string Value::kind() const {
  static constexpr const char* kNames[] = {
      "nothing", "true or false", "a whole number", "a number",  "a text",   "bytes",    "a class",
      "a list",  "a tuple",       "a dictionary",   "a storage", "a tensor", "an object"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(data)>);
  std::string name = kNames[data.index()];
  if (const auto* object = as<Opaque>()) name += " of " + object->name;
  return name;
}

const Value* find(const Dict& dict, std::string_view key) {
  for (auto entry = dict.entries.rbegin(); entry != dict.entries.rend(); ++entry) {
    const auto* text = entry->first->as<std::string>();
    if (text != nullptr && *text == key) return entry->second;
  }
  return nullptr;
}

}  // namespace clipwright::pickle
