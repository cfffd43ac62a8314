#include "data/captions/word_hashes.h"

#include <algorithm>
#include <string>

#include "core/random.h"

namespace clipwright::data::captions {

WordHashes word_hashes(std::string_view text) {
  WordHashes words;
  std::string word;
  const auto close = [&] {
    if (!word.empty()) words.push_back(hash64(word));
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 'A' && byte <= 'Z') {
      word += static_cast<char>(byte + 32);
    } else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80) {
      word += c;
    } else {
      close();
    }
  }
  close();
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace clipwright::data::captions
