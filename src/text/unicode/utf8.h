// Is a text UTF-8? Captions that are not are counted instead of being guessed at. This is the one
// place that knows; ICU decides.
#pragma once

#include <cstddef>
#include <string_view>

namespace clipwright::text::unicode {

/// Bytes of the well-formed character that the text begins with; 0 when there is none.
size_t utf8_length(std::string_view text);

/// True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// The first `most` bytes of a longer text, fewer where they would end inside a character.
std::string_view whole_characters(std::string_view text, size_t most);

/// The text without a byte order mark before it.
inline std::string_view without_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

/// Whitespace as Python's str.strip removes it from ASCII text, taken off both ends.
std::string_view trimmed(std::string_view text);

/// "x\ny\r\n" to its lines without their ends, blank ones dropped.
template <typename Use>
void for_each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty()) use(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

}  // namespace clipwright::text::unicode
