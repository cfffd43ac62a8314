// Configurations as Hugging Face's libraries write them.
#pragma once

#include <string>
#include <utility>

#include "core/error.h"
#include "core/json.h"

namespace clipwright::models::files {

/// An object of a configuration that states only what differs from its class's defaults.
class Settings {
 public:
  /// `expected`: what the whole should be, for messages.
  Settings(Json object, std::string where, std::string expected)
      : object_(std::move(object)), where_(std::move(where)), expected_(std::move(expected)) {
    if (!object_.is_object()) fail_input(where_ + " is no JSON object", expected_);
  }

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  int whole(const char* key, int64_t fallback, int64_t most) const {
    const Json* value = find(key);
    if (value == nullptr) return static_cast<int>(fallback);
    if (!value->is_number_integer() || value->get<double>() < 1 ||
        value->get<double>() > static_cast<double>(most))
      refuse(key, "a whole number from 1 to " + std::to_string(most));
    return value->get<int>();
  }
  double number(const char* key, double fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number()) refuse(key, "a number");
    return value->get<double>();
  }
  std::string text(const char* key, const std::string& fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_string()) refuse(key, "a text");
    return value->get<std::string>();
  }
  bool flag(const char* key, bool fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) refuse(key, "true or false");
    return value->get<bool>();
  }
  /// The object under `key`. What old files have under `key`_dict counts instead of it.
  Settings part(const std::string& key) const {
    for (const std::string& name : {key + "_dict", key}) {
      const Json* found = find(name.c_str());
      if (found == nullptr) continue;
      if (!found->is_object()) refuse(name.c_str(), "an object");
      return Settings(*found, where_ + "." + name, expected_);
    }
    return Settings(Json::object(), where_ + "." + key, expected_);
  }
  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    const Json* value = find(key);
    fail_input(where_ + "." + key + (value == nullptr ? " is missing" : " is " + to_line(*value)),
               expected);
  }

 private:
  Json object_;
  std::string where_, expected_;
};

}  // namespace clipwright::models::files
