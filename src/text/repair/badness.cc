#include "text/repair/badness.h"

#include "text/repair/mojibake_characters.h"
#include "text/unicode/character_kind.h"
#include "text/unicode/python_unicode.h"

namespace clipwright::text::repair {
namespace {

constexpr uint32_t kAccented = kLowerAccented | kUpperAccented;
constexpr uint32_t kPunctuation = kStartPunctuation | kEndPunctuation;
constexpr uint32_t kBesideBad = kAccented | kBox | kPunctuation | kCurrency | kNumeric | kLaw;

/// Pairs told by the groups of both characters.
struct GroupPair {
  uint32_t first, second;
};
constexpr GroupPair kUnlikelyPairs[] = {
    {kBesideBad | kBad, kBad},
    {kBad, kBesideBad},
    {kLowerAccented | kLowerCommon | kBox | kEndPunctuation | kCurrency | kNumeric, kUpperAccented},
    {kBox | kEndPunctuation | kCurrency | kNumeric, kLowerAccented},
    {kLowerAccented | kBox | kEndPunctuation, kCurrency},
    {kUpperAccented | kBox, kNumeric | kLaw},
    {kCurrency | kNumeric | kBox, kStartPunctuation},
    {kBox, kKaomoji | kEndPunctuation},
    {kAccented | kCurrency | kNumeric | kPunctuation | kLaw, kBox},
};

bool is_one_of(char32_t c, unicode::CodePointView set) {
  return set.find(c) != unicode::CodePointView::npos;
}
bool is_small_letter(char32_t c) { return c >= 'a' && c <= 'z'; }
bool is_ascii_letter(char32_t c) { return is_small_letter(c) || (c >= 'A' && c <= 'Z'); }

/// The text around a position; past its ends there is U+0000 without traits, which no rule accepts.
class Neighbourhood {
 public:
  explicit Neighbourhood(unicode::CodePointView text)
      : text_(text), traits_(MojibakeTraits::standard()) {}
  void move_to(size_t position) { position_ = position; }
  bool exists(int offset) const { return position_ + static_cast<size_t>(offset) < text_.size(); }
  char32_t at(int offset) const {
    return exists(offset) ? text_[position_ + static_cast<size_t>(offset)] : 0;
  }
  uint32_t traits(int offset) const { return traits_(at(offset)); }
  bool has(int offset, uint32_t groups) const { return (traits(offset) & groups) != 0; }

 private:
  unicode::CodePointView text_;
  const MojibakeTraits& traits_;
  size_t position_ = 0;
};

bool is_unlikely_pair(uint32_t first, uint32_t second) {
  for (const GroupPair& pair : kUnlikelyPairs) {
    if ((first & pair.first) != 0 && (second & pair.second) != 0) return true;
  }
  return false;
}

bool is_unlikely_triple(const Neighbourhood& n) {
  return (n.has(0, kAccented | kBox | kCurrency | kEndPunctuation) && n.has(1, kStartPunctuation) &&
          n.has(2, kNumeric)) ||
         (n.has(0, kAccented | kCurrency | kNumeric | kBox | kLaw) && n.has(1, kEndPunctuation) &&
          n.has(2, kStartPunctuation)) ||
         (n.has(0, kAccented) && n.has(1, kPunctuation) && n.exists(2) &&
          unicode::is_word_character(n.at(2)));
}

/// A character, one of `inner` or `characters`, and a character of `ends` again: UTF-8 of an
/// alphabet in its Windows code page.
bool is_sandwich(const Neighbourhood& n, unicode::CodePointView ends, uint32_t inner,
                 unicode::CodePointView characters) {
  return is_one_of(n.at(0), ends) && (n.has(1, inner) || is_one_of(n.at(1), characters)) &&
         is_one_of(n.at(2), ends);
}

/// Sequences that are known for the characters they begin with.
bool is_known_sequence(const Neighbourhood& n) {
  const char32_t second = n.at(1);
  constexpr uint32_t kInsideAlphabet = kC1Control | kBad | kPunctuation | kCurrency;
  const auto arabic = [&](int offset) {
    return is_one_of(n.at(offset), U"ØÙ") &&
           (n.has(offset + 1, kCommon | kCurrency | kBad | kNumeric | kStartPunctuation) ||
            is_one_of(n.at(offset + 1), U"ŸŠ®°µ»"));
  };
  switch (n.at(0)) {
    case U'Œ':
    case U'œ':
      return n.exists(1) && !is_ascii_letter(second);
    case U'Ã':
      if (second == 0xA0 || second == U'¡') return true;
      [[fallthrough]];
    case U'Â':
    case U'Î':
    case U'Ð':
      return is_one_of(second, U"€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´") || n.has(1, kPunctuation);
    case U'×':
      return is_one_of(second, U"²³");
    case U'Ø':
    case U'Ù':
      return arabic(0) && arabic(2);
    case U'à':
      return is_one_of(second, U"²µ¹¼½¾");
    case U'√':
      return is_one_of(second, U"±∂†≠®™´≤≥¥µø");
    case U'≈':
      return is_one_of(second, U"°¢");
    case U'‚':
      return (second == U'Ä' && is_one_of(n.at(2), U"ìîïòôúùû†°¢π")) ||
             (is_one_of(second, U"âó") && is_one_of(n.at(2), U"àä°ê"));
    case U'в':
      return second == U'Ђ';
    case U'β':
      return second == U'€' && is_one_of(n.at(2), U"™\u00A0Ά\u00AD®°");
    case U'ā':
      return second == U'€';
    case U'Г':
      if (second == U'ў' && n.at(2) == U'В' && n.at(3) == U'Ђ' && n.at(4) == U'В' && n.exists(5) &&
          n.at(5) != '\n' && (is_ascii_letter(n.at(6)) || n.at(6) == ' ')) {
        return true;
      }
      [[fallthrough]];
    case U'В':
    case U'Р':
    case U'С':
      return is_sandwich(n, U"ВГРС", kInsideAlphabet, U"°µ");
    case U'Β':
    case U'Γ':
    case U'Ξ':
    case U'Ο':
      return is_sandwich(n, U"ΒΓΞΟ", kInsideAlphabet, U"°");
    default:
      return false;
  }
}

/// Rules that also look at the one or two characters before position 0, which may be plain ASCII.
bool is_out_of_place(const Neighbourhood& n, size_t position) {
  const char32_t before = position >= 1 ? n.at(-1) : 0;
  if (is_ascii_letter(before) && n.has(0, kLowerCommon | kUpperCommon) && n.has(1, kBad))
    return true;
  if (n.has(0, kUpperAccented)) {
    if (position >= 1 && unicode::is_space(before) && n.has(1, kCurrency)) return true;
    if (is_small_letter(before) && n.has(1, kStartPunctuation | kCurrency)) return true;
  }
  if (n.at(0) != U'Ã' && n.at(0) != U'Â') return false;
  const bool space_follows = n.at(1) == ' ';
  if (space_follows) {
    if (position == 0 || is_small_letter(before)) return true;
    if (position >= 2 && unicode::is_space(before) && is_small_letter(n.at(-2))) return true;
  }
  if (n.at(0) == U'Ã' || position == 0) return false;
  const bool after_clause =
      is_small_letter(before) || is_one_of(before, U".,?!") || n.has(-1, kEndPunctuation);
  return after_clause && (space_follows || n.has(1, kPunctuation));
}

}  // namespace

bool looks_like_mojibake(unicode::CodePointView text) {
  Neighbourhood n(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80)
      continue;  // every rule has a character beyond ASCII first or after one or two ASCII ones
    n.move_to(i);
    const uint32_t first = n.traits(0);
    if (first == 0) continue;
    if ((first & kC1Control) != 0 || is_unlikely_pair(first, n.traits(1)) ||
        is_unlikely_triple(n) || is_known_sequence(n) ||
        ((first & kUpperAccented) != 0 && n.at(1) == U'°') || is_out_of_place(n, i)) {
      return true;
    }
  }
  return false;
}

}  // namespace clipwright::text::repair
