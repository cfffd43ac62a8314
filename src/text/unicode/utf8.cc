#include "text/unicode/utf8.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace clipwright::text::unicode {

size_t utf8_length(std::string_view text) {
  constexpr size_t kLongest = 4;
  const auto size = static_cast<int32_t>(std::min(text.size(), kLongest));
  int32_t length = 0;
  UChar32 code_point = -1;
  if (size > 0) U8_NEXT(text.data(), length, size, code_point);
  return code_point < 0 ? 0 : static_cast<size_t>(length);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    // Most captions are ASCII: eight bytes at once.
    uint64_t word = 0;
    if (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view whole_characters(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  // A character's beginning is three bytes at most, so only the end matters.
  const size_t start = most - std::min<size_t>(most, 8);
  const std::string_view end = text.substr(start, most - start);
  auto length = static_cast<int32_t>(end.size());
  U8_TRUNCATE_IF_INCOMPLETE(end.data(), 0, length);
  return text.substr(0, start + static_cast<size_t>(length));
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
  };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace clipwright::text::unicode
