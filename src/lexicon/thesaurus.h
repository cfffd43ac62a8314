// Synonyms as EDA takes them from WordNet, read from the database's own files in place: their
// indices are sorted, so nothing is loaded.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/file.h"

namespace clipwright::rewrite::engine {

/// Not thread-safe: remembers the words it was asked for.
class Thesaurus {
 public:
  /// WordNet 3.0's index, data and exception files (Debian's wordnet-base). Throws Error(kUsage)
  /// when the folder does not hold them.
  explicit Thesaurus(const std::filesystem::path& folder);

  /// The lemmas of every synset of a word, of all parts of speech, most frequent first and each
  /// once: "_" and "-" become blanks, letters lower case, everything but a-z and blanks is dropped,
  /// so is the word itself (as it stands). Inflected words give the synsets of their base forms
  /// (WordNet's morphology as NLTK has it). Empty for words WordNet does not know. Throws
  /// Error(kInput) on damaged files.
  const std::vector<std::string>& synonyms(std::string_view word);

  /// SHA-256 of the files in hexadecimal.
  std::string digest() const;

  /// $CLIPWRIGHT_WORDNET or /usr/share/wordnet.
  static std::filesystem::path default_folder();

 private:
  struct Part {
    MappedFile index, data, exceptions;
  };
  std::vector<std::string> base_forms(const std::string& form, size_t part) const;
  void add_lemmas(size_t part, uint64_t offset, std::vector<std::string>& lemmas) const;

  std::array<Part, 4> parts_;  ///< nouns, verbs, adjectives, adverbs
  std::unordered_map<std::string, std::vector<std::string>> known_;
};

}  // namespace clipwright::rewrite::engine
