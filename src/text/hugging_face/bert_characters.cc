#include "text/hugging_face/bert_characters.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace clipwright::text::hugging_face {
namespace {

constexpr uint8_t kUnicodeVersion = 8;

uint32_t category(char32_t code_point) {
  UVersionInfo age;
  const auto c = static_cast<UChar32>(code_point);
  u_charAge(c, age);
  return age[0] <= kUnicodeVersion ? U_MASK(u_charType(c)) : U_MASK(U_UNASSIGNED);
}

/// Of later versions than 8 another kind of character than they were.
constexpr char32_t kMarkThen = 0x1734, kMarksSince[] = {0x1885, 0x1886, 0xA9BD, 0x111C9},
                   kPunctuationThen[] = {0x166D, 0x111C9};

/// As BERT's list has them: where U+2B820 should begin a range, it says U+2B920.
constexpr std::pair<char32_t, char32_t> kChinese[] = {
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},  {0x20000, 0x2A6DF},
    {0x2A700, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};

}  // namespace

bool is_dropped(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c >= 0x20 && c < 0x7F) return false;
  constexpr uint32_t kOther = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK;
  return c == 0xFFFD || (category(c) & kOther) != 0;
}

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0;
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return c > ' ' && c < 0x7F && !letter && !(c >= '0' && c <= '9');
  }
  return (category(c) & U_GC_P_MASK) != 0 ||
         std::find(std::begin(kPunctuationThen), std::end(kPunctuationThen), c) !=
             std::end(kPunctuationThen);
}

bool is_accent(char32_t c) {
  if (c < 0x300) return false;
  if (c == kMarkThen) return true;
  return (category(c) & U_GC_MN_MASK) != 0 &&
         std::find(std::begin(kMarksSince), std::end(kMarksSince), c) == std::end(kMarksSince);
}

bool is_chinese(char32_t c) {
  return std::any_of(std::begin(kChinese), std::end(kChinese),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

}  // namespace clipwright::text::hugging_face
