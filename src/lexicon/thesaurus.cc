#include "lexicon/thesaurus.h"

#include <algorithm>

#include "core/error.h"
#include "lexicon/morphology.h"
#include "lexicon/word_table.h"
#include "lexicon/wordnet_files.h"
#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

/// The folder, when it holds all that synonyms need.
const std::filesystem::path& complete(const std::filesystem::path& folder) {
  if (const auto missing = missing_wordnet_file(folder)) {
    fail_usage("there is no " + missing->string() + ", which synonyms come from",
               "WordNet 3.0's files",
               "Install the package wordnet-base, or set CLIPWRIGHT_WORDNET to their folder.");
  }
  return folder;
}

std::string lower_ascii(std::string_view text) {
  std::string small(text);
  for (char& letter : small) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return small;
}

/// "hot_dog" -> "hot dog".
std::string plain(std::string_view name) {
  std::string text;
  for (const char letter : name) {
    if (letter == '_' || letter == '-') text += ' ';
    if (letter >= 'a' && letter <= 'z') text += letter;
  }
  return text;
}

}  // namespace

Thesaurus::Thesaurus(const std::filesystem::path& folder)
    : wordnet_(complete(folder), WordNet::Glosses::kLeave),
      wordnet_digest_(wordnet_digest(folder)) {
  WordTable known(wordnet_.word_count());
  texts_.reserve(wordnet_.word_count());
  for (uint32_t word = 0; word < wordnet_.word_count(); ++word) {
    const std::string text = plain(wordnet_.name(word));
    const uint32_t first = known.insert(word_hash(text), word);
    if (first != word) {
      texts_.push_back(texts_[first]);
      continue;
    }
    texts_.push_back({static_cast<uint32_t>(letters_.size()), static_cast<uint32_t>(text.size())});
    letters_.insert(letters_.end(), text.begin(), text.end());
  }
}

std::vector<std::string_view> Thesaurus::synonyms(std::string_view word) const {
  const std::string lower = lower_ascii(word);
  std::vector<std::string_view> found;
  std::vector<uint32_t> forms;
  for (int p = 0; p < 4; ++p) {
    const auto part = static_cast<PartOfSpeech>(p);
    morphy(wordnet_, lower, part, forms);
    for (const uint32_t form : forms) {
      for (const uint32_t sense : wordnet_.senses(form, part)) {
        for (const uint32_t member : wordnet_.members(sense)) {
          const std::string_view text = text_of(member);
          // Equal texts stand at one place.
          const bool known = std::any_of(found.begin(), found.end(), [&](std::string_view other) {
            return other.data() == text.data();
          });
          if (!text.empty() && !known && text != word) found.push_back(text);
        }
      }
    }
  }
  return found;
}

}  // namespace clipwright::lexicon
