// What turns one word into ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace clipwright::text::hugging_face {

/// Words and their ids, found by bytes without making a string.
struct ViewHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Words = std::unordered_map<std::string, int32_t, ViewHash, std::equal_to<>>;

class WordModel {
 public:
  virtual ~WordModel() = default;
  /// Appends the ids of a word, which is UTF-8 and not empty. Thread-safe.
  virtual void encode(std::string_view word, std::vector<int32_t>& ids) const = 0;
};

}  // namespace clipwright::text::hugging_face
