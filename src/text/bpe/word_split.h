// CLIP's pattern for the pieces that are encoded one by one:
// <start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+, ignoring
// case.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/unicode/character_kind.h"

namespace clipwright::text::bpe {

constexpr std::string_view kStartText = "<start_of_text>";
constexpr std::string_view kEndText = "<end_of_text>";

/// Characters that equal a small ASCII letter of the pattern when case is ignored, in text that is
/// lower case already: the long s has no lower case but folds to s.
inline bool folds_to(char32_t character, char letter) {
  return character == static_cast<char32_t>(static_cast<uint8_t>(letter)) ||
         (letter == 's' && character == 0x17F);
}

/// Length of `literal` at the start of `text`, or 0.
template <typename Character>
size_t match_literal(std::basic_string_view<Character> text, std::string_view literal) {
  if (text.size() < literal.size()) return 0;
  for (size_t i = 0; i < literal.size(); ++i) {
    if (!folds_to(static_cast<char32_t>(text[i]), literal[i])) return 0;
  }
  return literal.size();
}

template <typename Character>
size_t match_contraction(std::basic_string_view<Character> text) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (const size_t length = match_literal(text, ending)) return length;
  }
  return 0;
}

/// Length of the piece at the start of `text`, which must not be empty; 0 when its first character
/// belongs to none.
template <typename Character>
size_t match_piece(std::basic_string_view<Character> text, const unicode::CharacterKinds& kinds) {
  const auto run = [&](unicode::CharacterKind kind) {
    size_t end = 1;
    while (end < text.size() && kinds(static_cast<char32_t>(text[end])) == kind) ++end;
    return end;
  };
  switch (kinds(static_cast<char32_t>(text[0]))) {
    case unicode::CharacterKind::kLetter:
      return run(unicode::CharacterKind::kLetter);
    case unicode::CharacterKind::kNumber:
      return 1;
    case unicode::CharacterKind::kOther:
      break;
    default:
      return 0;
  }
  size_t special = 0;
  if (text[0] == '\'') {
    special = match_contraction(text);
  } else if (text[0] == '<') {
    special = match_literal(text, kStartText);
    if (special == 0) special = match_literal(text, kEndText);
  }
  return special != 0 ? special : run(unicode::CharacterKind::kOther);
}

}  // namespace clipwright::text::bpe
