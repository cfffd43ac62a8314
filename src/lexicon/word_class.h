// Closed classes of English caption words: numbers, colours, negations, function words, words about
// the picture itself.
#pragma once

#include <cstdint>

namespace clipwright::lexicon {

enum class WordClass : uint8_t {
  kContent,        ///< everything not listed
  kFunction,       ///< the, of, is
  kStyle,          ///< photo, icon, beautiful, close-up: true of any picture
  kNumber,         ///< value: the number
  kMaybeNumber,    ///< pair, both, one: may support a number, is no claim of one
  kOrdinal,        ///< value: 3 for "third"
  kColour,         ///< value: the colour family
  kMaybeColour,    ///< gold, orange, rose: colours that are also things
  kNegation,       ///< no, without, never
  kMaybeNegation,  ///< empty, lacking: may support a negation
  kForeign,        ///< function words of other Latin-script languages
};

struct WordEntry {
  WordClass kind = WordClass::kContent;
  int32_t value = 0;
};

/// Class of a lower-case word by its hash.
WordEntry classify_word(uint64_t hash);
bool is_function_word(uint64_t hash);

}  // namespace clipwright::lexicon
