#include "text/unicode/character_kind.h"

#include <algorithm>
#include <span>

namespace clipwright::text::unicode {
namespace {

constexpr char32_t kCodePoints = 0x110000;

struct CodePointRange {
  char32_t first, last;
};

#include "text/tables/letters_and_numbers.inc"

}  // namespace

bool is_space(char32_t code_point) {
  if (code_point < 0x80) {
    return code_point == ' ' || (code_point >= 0x09 && code_point <= 0x0D) ||
           (code_point >= 0x1C && code_point <= 0x1F);
  }
  switch (code_point) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return code_point >= 0x2000 && code_point <= 0x200A;
  }
}

CharacterKinds::CharacterKinds() : kinds_(std::make_unique<CharacterKind[]>(kCodePoints)) {
  const auto mark = [this](std::span<const CodePointRange> ranges, CharacterKind kind) {
    for (const CodePointRange& range : ranges)
      std::fill(&kinds_[range.first], &kinds_[range.last] + 1, kind);
  };
  mark(kLetters, CharacterKind::kLetter);
  mark(kNumbers, CharacterKind::kNumber);
  mark(kUnmatched, CharacterKind::kUnmatched);
  for (char32_t c = 0; c <= 0x3000; ++c) {
    if (is_space(c)) kinds_[c] = CharacterKind::kSpace;
  }
}

const CharacterKinds& CharacterKinds::standard() {
  static const CharacterKinds kinds;
  return kinds;
}

}  // namespace clipwright::text::unicode
