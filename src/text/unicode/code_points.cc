#include "text/unicode/code_points.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace clipwright::text::unicode {

bool next_code_point(std::string_view bytes, size_t& position, char32_t& code_point) {
  constexpr size_t kLongest = 4;
  const auto size = static_cast<int32_t>(std::min(bytes.size() - position, kLongest));
  int32_t length = 0;
  UChar32 read = -1;
  U8_NEXT(bytes.data() + position, length, size, read);
  position += static_cast<size_t>(length);
  code_point = static_cast<char32_t>(read);
  return read >= 0;
}

CodePoints decode_utf8(std::string_view bytes) {
  CodePoints text;
  text.reserve(bytes.size());
  for (size_t position = 0; position < bytes.size();) {
    char32_t code_point;
    text.push_back(next_code_point(bytes, position, code_point) ? code_point : kReplacement);
  }
  return text;
}

void append_utf8(char32_t code_point, std::string& bytes) {
  char letter[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(letter, length, code_point);
  bytes.append(letter, static_cast<size_t>(length));
}

std::string encode_utf8(CodePointView text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t code_point : text) append_utf8(code_point, bytes);
  return bytes;
}

}  // namespace clipwright::text::unicode
