#include "text/bpe/byte_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/random.h"

namespace clipwright::text::bpe {
namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary shared(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  return shared;
}

/// The definition: find the earliest-learned pair, merge all its occurrences from left to right,
/// repeat.
std::vector<Symbol> by_definition(const std::string& word) {
  std::vector<Symbol> symbols;
  for (const char byte : word)
    symbols.push_back(vocabulary().byte_symbol(static_cast<uint8_t>(byte)));
  symbols.back() = Vocabulary::at_word_end(symbols.back());
  while (true) {
    Symbol first = kNoSymbol;
    for (size_t i = 0; i + 1 < symbols.size(); ++i)
      first = std::min(first, vocabulary().merged(symbols[i], symbols[i + 1]));
    if (first == kNoSymbol) return symbols;
    std::vector<Symbol> merged;
    for (size_t i = 0; i < symbols.size(); ++i) {
      const bool here =
          i + 1 < symbols.size() && vocabulary().merged(symbols[i], symbols[i + 1]) == first;
      merged.push_back(here ? first : symbols[i]);
      if (here) ++i;
    }
    symbols = merged;
  }
}

TEST(BytePairs, EqualTheDefinitionForShortAndLongWords) {
  Random random(1, "test-words", 0, uint64_t{0});
  const std::string letters = "eeeetaoinshrdlaaa\xC3\xA9\xF0\x9F\x98\x80!?-";
  for (int n = 0; n < 3000; ++n) {
    std::string word(1 + random.below(n % 10 == 0 ? 300 : 60), ' ');
    for (char& byte : word) byte = letters[random.below(letters.size())];
    std::vector<Symbol> symbols;
    encode_word(vocabulary(), word, symbols);
    ASSERT_EQ(symbols, by_definition(word)) << word;
  }
}

TEST(BytePairs, RepeatedLettersMergeFromTheLeft) {
  for (size_t length = 1; length < 200; ++length) {
    for (const char letter : {'a', 'o', '!'}) {
      const std::string word(length, letter);
      std::vector<Symbol> symbols;
      encode_word(vocabulary(), word, symbols);
      ASSERT_EQ(symbols, by_definition(word)) << word;
    }
  }
}

TEST(BytePairs, AppendBehindWhatIsThere) {
  std::vector<Symbol> symbols{7};
  encode_word(vocabulary(), "cat", symbols);
  EXPECT_EQ(symbols, (std::vector<Symbol>{7, 2368}));
}

}  // namespace
}  // namespace clipwright::text::bpe
