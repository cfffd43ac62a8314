#include "text/unicode/code_points.h"

#include <cstdint>

namespace clipwright::text::unicode {

bool next_code_point(std::string_view bytes, size_t& position, char32_t& code_point) {
  const auto lead = static_cast<uint8_t>(bytes[position++]);
  if (lead < 0x80) {
    code_point = lead;
    return true;
  }
  // Limits of the second byte keep out overlong forms, surrogates and values past U+10FFFF.
  uint8_t lowest = 0x80, highest = 0xBF;
  int more;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
    code_point = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    code_point = lead & 0x0F;
    if (lead == 0xE0) lowest = 0xA0;
    if (lead == 0xED) highest = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    code_point = lead & 0x07;
    if (lead == 0xF0) lowest = 0x90;
    if (lead == 0xF4) highest = 0x8F;
  } else {
    return false;
  }
  for (; more > 0; --more) {
    if (position >= bytes.size()) return false;
    const auto byte = static_cast<uint8_t>(bytes[position]);
    if (byte < lowest || byte > highest) return false;
    code_point = code_point << 6 | (byte & 0x3F);
    lowest = 0x80;
    highest = 0xBF;
    ++position;
  }
  return true;
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
  const auto put = [&bytes](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string encode_utf8(CodePointView text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t code_point : text) append_utf8(code_point, bytes);
  return bytes;
}

}  // namespace clipwright::text::unicode
