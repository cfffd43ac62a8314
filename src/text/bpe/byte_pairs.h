// Byte-pair encoding of one word.
#pragma once

#include <string_view>
#include <vector>

#include "text/bpe/vocabulary.h"

namespace clipwright::text::bpe {

/// Appends the symbols of `word` (its bytes, the last one marked as the word's end) after all
/// merges, earliest learned first. `word` must not be empty. O(n log n), so that a megabyte without
/// a space costs no more than a page of text.
void encode_word(const Vocabulary& vocabulary, std::string_view word, std::vector<Symbol>& symbols);

}  // namespace clipwright::text::bpe
