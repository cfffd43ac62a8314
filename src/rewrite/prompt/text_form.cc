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
