#include "core/process/child_environment.h"

#include <unistd.h>

#include <string_view>

namespace clipwright {

std::vector<std::string> child_environment(const std::map<std::string, std::string>& settings) {
  std::map<std::string, std::string> all = settings;
  all.insert_or_assign(kParentVariable, std::to_string(::getpid()));
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view whole = *entry;
    if (!all.contains(std::string(whole.substr(0, whole.find('=')))))
      environment.emplace_back(whole);
  }
  for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> raw_words(std::vector<std::string>& words) {
  std::vector<char*> raw;
  raw.reserve(words.size() + 1);
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  return raw;
}

}  // namespace clipwright
