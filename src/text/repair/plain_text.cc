#include "text/repair/plain_text.h"

#include <cstddef>
#include <cstdint>

namespace clipwright::text::repair {
namespace {

/// No reference begins at an ampersand before one of these, or at the end.
bool ends_reference(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '<' || c == '&' || c == ';';
}

bool has_reference(std::string_view text) {
  for (size_t i = text.find('&'); i != text.npos; i = text.find('&', i + 1)) {
    if (i + 1 < text.size() && !ends_reference(text[i + 1])) return true;
  }
  return false;
}

}  // namespace

bool lower_plain_text(std::string_view text, char* lower) {
  // Without branches, so that the compiler handles 32 bytes at a time.
  uint8_t unusual = 0, ampersands = 0;
  const char* input = text.data();
  const size_t size = text.size();
  for (size_t i = 0; i < size; ++i) {
    const auto c = static_cast<uint8_t>(input[i]);
    const auto printable = static_cast<uint8_t>(static_cast<uint8_t>(c - 0x20) < 0x5F);
    const auto space = static_cast<uint8_t>((c == '\t') | (c == '\n') | (c == '\f') | (c == '\r'));
    unusual |= static_cast<uint8_t>((printable | space) ^ 1);
    ampersands |= static_cast<uint8_t>(c == '&');
    lower[i] = static_cast<char>(c | (static_cast<uint8_t>(c - 'A') < 26 ? 0x20 : 0));
  }
  return unusual == 0 && (ampersands == 0 || !has_reference(text));
}

}  // namespace clipwright::text::repair
