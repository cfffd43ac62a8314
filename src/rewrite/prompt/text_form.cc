#include "rewrite/prompt/text_form.h"

namespace clipwright::rewrite::prompt {

std::string word_skeleton(std::string_view text) {
  std::string bones;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 'A' && byte <= 'Z') {
      bones += static_cast<char>(byte + 32);
    } else if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
      bones += letter;
    } else if (!bones.empty() && bones.back() != ' ') {
      bones += ' ';
    }
  }
  while (!bones.empty() && bones.back() == ' ') bones.pop_back();
  return bones;
}

bool same_words(std::string_view a, std::string_view b) {
  return word_skeleton(a) == word_skeleton(b);
}

bool valid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xc2 ? 0
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                          : lead < 0xf5 ? 4
                                        : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

size_t count_words(std::string_view text) {
  size_t words = 0;
  bool inside = false;
  for (const char letter : text) {
    const bool blank = static_cast<unsigned char>(letter) <= ' ';
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
  }
  return words;
}

}  // namespace clipwright::rewrite::prompt
