// English inflection: base forms checked against WordNet, and plain stems for words that it does
// not know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexicon/wordnet.h"

namespace clipwright::lexicon {

/// Numbers of the WordNet words a form may belong to: "left" -> left, leave; "glasses" -> glasses,
/// glass.
struct BaseForms {
  static constexpr int kMost = 4;
  uint32_t word[kMost];
  int count = 0;
  /// The likeliest base form of an inflected word: "riding" -> ride rather than riding or rid.
  uint32_t base() const { return word[count > 1 ? 1 : 0]; }
  void add(uint32_t id) {
    for (int i = 0; i < count; ++i) {
      if (word[i] == id) return;
    }
    if (count < kMost) word[count++] = id;
  }
};

/// Base forms of any part of speech, for reading captions: the form itself when it is a word,
/// irregular forms (*.exc), then WordNet's suffix rules and undoubled consonants.
void find_base_forms(const WordNet& wordnet, std::string_view lower_case, uint64_t hash,
                     BaseForms& forms);

/// Base forms of one part of speech by morphy(7WN) as NLTK has it, which is what EDA's synonyms are
/// defined by: the form itself and what the exceptions or, where they do not list it, one rule
/// makes of it ("less" is no plural of "le"); those that are words of the part of speech, each
/// once.
void morphy(const WordNet& wordnet, std::string_view lower_case, PartOfSpeech part,
            std::vector<uint32_t>& words);

/// What the endings alone say is the singular of a noun: "boxes" -> box; no irregular forms.
std::string singular(std::string_view noun);

/// Hash of a crude stem (plural, -ing, -ed, -ly, final e and y): equal for forms of one word
/// without any dictionary.
uint64_t stem_hash(std::string_view lower_case);

}  // namespace clipwright::lexicon
