// Synonyms as EDA takes them from WordNet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lexicon/wordnet.h"

namespace clipwright::lexicon {

/// Only read once it is made: any number of threads may ask at the same time.
class Thesaurus {
 public:
  /// WordNet 3.0's index, data and exception files (Debian's wordnet-base). Throws Error(kUsage)
  /// when the folder does not hold them all, Error(kInput) when they are damaged.
  explicit Thesaurus(const std::filesystem::path& folder);

  /// The lemmas of every synset of a word, of all parts of speech, most frequent first and each
  /// once: "_" and "-" become blanks, letters lower case, everything but a-z and blanks is dropped,
  /// so is the word itself (as it stands). Inflected words give the synsets of their base forms
  /// (`morphy`). Empty for words WordNet does not know. The texts live as long as the thesaurus.
  std::vector<std::string_view> synonyms(std::string_view word) const;

  /// SHA-256 of the files in hexadecimal.
  std::string digest() const { return wordnet_digest_; }

 private:
  std::string_view text_of(uint32_t word) const {
    const Text& text = texts_[word];
    return {letters_.data() + text.begin, text.size};
  }
  struct Text {
    uint32_t begin = 0, size = 0;
  };
  WordNet wordnet_;
  std::string wordnet_digest_;
  std::vector<char> letters_;
  std::vector<Text> texts_;  // by word; words that read alike share one
};

}  // namespace clipwright::lexicon
