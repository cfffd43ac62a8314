// What one text claims: its content words with their WordNet forms, numbers, colours, names and
// negations.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lexicon/morphology.h"
#include "lexicon/word_class.h"
#include "lexicon/wordnet.h"
#include "lexicon/words.h"

namespace clipwright::audit::words {

/// One content word.
struct ContentWord {
  uint64_t hash = 0, stem = 0;
  lexicon::BaseForms forms;
  uint32_t compound =
      lexicon::WordNet::kNone;  ///< WordNet compound this word and its neighbour form
  float weight = 1;             ///< nouns 1, verbs 0.7, adjectives 0.6, adverbs 0.3
  bool noun = false;
  bool concrete =
      false;  ///< a thing one could see: creature, artifact, food, plant, person, body, object
  bool name = false;   ///< a named entity
  uint32_t place = 0;  ///< its word in Words::list
  int32_t colour = 0;  ///< families, when it is a colour
};

struct Claim {
  double value = 0;   ///< number or colour families (bits)
  bool firm = false;  ///< a claim of its own; otherwise it only supports one ("pair", "gold")
  bool ordinal = false;
};

/// Buffers are reused from call to call.
struct Reading {
  static constexpr size_t kMostTerms = 160;
  lexicon::Words words;
  std::vector<ContentWord> terms;
  std::vector<Claim> numbers, colours;
  int negations = 0, maybe_negations = 0;
  int foreign_words = 0, function_words = 0;
};

void read_text(std::string_view text, const lexicon::WordNet& wordnet, Reading& reading);

}  // namespace clipwright::audit::words
