// A caption as words: lower-cased, hashed, with what its letters say (case, script), ready for
// table look-ups.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::lexicon {

/// FNV-1a over lower-case bytes: cheap to extend byte by byte, which is what compound look-ups
/// need.
constexpr uint64_t kWordHashStart = 0xcbf29ce484222325ULL;
constexpr uint64_t extend_word_hash(uint64_t hash, std::string_view bytes) {
  for (char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3ULL;
  return hash;
}
constexpr uint64_t word_hash(std::string_view lower_case) {
  return extend_word_hash(kWordHashStart, lower_case);
}

struct Word {
  uint32_t begin = 0, size = 0;  ///< in `Words::letters`
  uint64_t hash = 0;             ///< word_hash of the lower-case form
  bool capitalised = false;      ///< first letter upper case
  bool all_capitals = false;     ///< two letters or more, all upper case
  bool starts_sentence = false;
  bool has_digit = false;
  bool has_letter = false;
  bool denied = false;  ///< carried "n't"
};

/// Scripts a caption may use, as bits: enough to see that a rewrite left the source's writing.
enum Script : uint32_t {
  kLatin = 1,
  kCyrillic = 2,
  kGreek = 4,
  kArabic = 8,
  kHebrew = 16,
  kHan = 32,
  kKana = 64,
  kHangul = 128,
  kIndic = 256,
  kThai = 512,
  kOtherScript = 1024,
};

/// The words of one text. Buffers are reused from call to call; texts beyond `kMostWords` are only
/// counted.
struct Words {
  static constexpr size_t kMostWords = 512;
  static constexpr int kScripts = 11;
  std::string letters;  ///< lower-case bytes of all kept words, one after another
  std::vector<Word> list;
  int64_t count = 0;                    ///< all words, also those beyond the limit
  int64_t letter_count[kScripts] = {};  ///< letters a script
  int64_t capitalised = 0, alphabetic = 0;

  std::string_view text(const Word& word) const {
    return std::string_view(letters).substr(word.begin, word.size);
  }
};

/// Splits at everything that is neither letter, digit nor an apostrophe inside a word; possessive
/// "'s" is dropped, each CJK character is a word of its own. Invalid UTF-8 separates words.
void split_words(std::string_view text, Words& words);

}  // namespace clipwright::lexicon
