// English inflection: base forms checked against WordNet, and a plain stem for words it does not
// know.
#pragma once

#include <cstdint>
#include <string_view>

namespace clipwright::audit::words {

class WordNet;

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

/// The form itself when it is a word, irregular forms (*.exc), then WordNet's suffix rules and
/// undoubled consonants.
void find_base_forms(const WordNet& wordnet, std::string_view lower_case, uint64_t hash,
                     BaseForms& forms);

/// Hash of a crude stem (plural, -ing, -ed, -ly, final e and y): equal for forms of one word
/// without any dictionary.
uint64_t stem_hash(std::string_view lower_case);

}  // namespace clipwright::audit::words
