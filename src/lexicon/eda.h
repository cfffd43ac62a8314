// Easy data augmentation of one sentence (Wei and Zou 2019): synonyms, insertion, swap, deletion.
// No language model; what it makes is a noisy copy, not a rewrite, and serves as a baseline. All
// draws come from the caller's stream, nothing is remembered: threads may share one thesaurus.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "lexicon/thesaurus.h"

namespace clipwright::lexicon {

using SentenceWords = std::vector<std::string>;

enum class EdaRecipe {
  kOriginal,  ///< cleaned text; one of the four operations, alpha of the words
  kDeclip,    ///< DeCLIP's: no cleaning; one synonym, one swap, or deletion with chance alpha
};

/// "original", "declip". Throws Error(kUsage).
EdaRecipe parse_eda_recipe(std::string_view name);

struct EdaOptions {
  EdaRecipe recipe = EdaRecipe::kOriginal;
  double alpha = 0.1;  ///< share of the words that change; the chance of each to be deleted
  bool operator==(const EdaOptions&) const = default;
};

/// Lower case, apostrophes dropped, everything but a-z a blank: the words of the original recipe.
SentenceWords eda_clean(std::string_view sentence);

/// Replaces up to `count` distinct words that are no stop words, each everywhere, by a synonym
/// drawn among its synonyms.
void replace_by_synonyms(SentenceWords& words, size_t count, const Thesaurus& thesaurus,
                         Random& random);
/// `count` times: a random word with synonyms (ten tries) gives its first synonym to a random
/// place, which is never the end.
void insert_synonyms(SentenceWords& words, size_t count, const Thesaurus& thesaurus,
                     Random& random);
/// `count` times: exchanges two places; the second is drawn up to three times until it differs.
void swap_words(SentenceWords& words, size_t count, Random& random);
/// Deletes each word with `chance`; a single word stays, and of a text that would be empty one word
/// does.
void delete_words(SentenceWords& words, double chance, Random& random);

/// One of the recipe's operations, all equally likely, on a sentence. Empty when nothing is left of
/// it after cleaning.
std::string eda(std::string_view sentence, const EdaOptions& options, const Thesaurus& thesaurus,
                Random& random);

/// English function words as NLTK lists them.
bool is_stop_word(std::string_view word);

}  // namespace clipwright::lexicon
