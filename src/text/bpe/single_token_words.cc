#include "text/bpe/single_token_words.h"

#include "text/bpe/byte_pairs.h"

namespace clipwright::text::bpe {

SingleTokenWords::SingleTokenWords(const Vocabulary& vocabulary) : entries_(kSlots) {
  std::vector<Symbol> symbols;
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto token = static_cast<Symbol>(i);
    const std::string_view bytes = vocabulary.bytes_of(token);
    // A zero byte would look like the padding.
    if (!vocabulary.ends_word(token) || bytes.size() > ShortWord::kLongest ||
        bytes.find('\0') != bytes.npos)
      continue;
    // Being in the vocabulary is not enough: the merges may lead elsewhere.
    symbols.clear();
    encode_word(vocabulary, bytes, symbols);
    if (symbols.size() != 1) continue;
    char padded[ShortWord::kLongest] = {};
    bytes.copy(padded, bytes.size());
    const ShortWord word = ShortWord::load(padded, bytes.size());
    size_t slot = word.hash() >> (64 - kSlotBits);
    while (entries_[slot].token != kNoSymbol) slot = (slot + 1) & (kSlots - 1);
    entries_[slot] = {word, token};
  }
}

}  // namespace clipwright::text::bpe
