// What the tokenizer's pattern takes a character for.
#pragma once

#include <cstdint>
#include <memory>

namespace clipwright::text::unicode {

enum class CharacterKind : uint8_t {
  kOther,      ///< [^\s\p{L}\p{N}]
  kLetter,     ///< \p{L}
  kNumber,     ///< \p{N}
  kSpace,      ///< Python's str.isspace
  kUnmatched,  ///< none of them, because the pattern ignores case (U+0345 is also a form of the
               ///< letter iota)
};

/// Kinds of all code points, from the tables of Python's `regex` module (its Unicode version, not
/// ICU's).
class CharacterKinds {
 public:
  static const CharacterKinds& standard();
  CharacterKind operator()(char32_t code_point) const { return kinds_[code_point]; }

 private:
  CharacterKinds();
  std::unique_ptr<CharacterKind[]> kinds_;
};

/// Python's str.isspace for one character.
bool is_space(char32_t code_point);

}  // namespace clipwright::text::unicode
