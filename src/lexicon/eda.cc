#include "lexicon/eda.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/error.h"

namespace clipwright::lexicon {
namespace {

/// Pieces between ASCII blanks.
SentenceWords pieces(std::string_view text) {
  SentenceWords words;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find_first_not_of(" \t\r\n\v\f", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t\r\n\v\f", begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

std::string joined(const SentenceWords& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

template <typename T>
void shuffle(std::vector<T>& list, Random& random) {
  for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random.below(i)]);
}

}  // namespace

EdaRecipe parse_eda_recipe(std::string_view name) {
  if (name == "original") return EdaRecipe::kOriginal;
  if (name == "declip") return EdaRecipe::kDeclip;
  fail_usage("there is no EDA recipe '" + std::string(name) + "'", "original or declip");
}

SentenceWords eda_clean(std::string_view sentence) {
  constexpr std::string_view kCurlyApostrophe = "\u2019";
  std::string clean;
  for (size_t i = 0; i < sentence.size(); ++i) {
    if (sentence[i] == '\'') continue;
    if (sentence.substr(i).starts_with(kCurlyApostrophe)) {
      i += kCurlyApostrophe.size() - 1;
      continue;
    }
    const char letter = sentence[i] >= 'A' && sentence[i] <= 'Z'
                            ? static_cast<char>(sentence[i] + 32)
                            : sentence[i];
    clean += letter >= 'a' && letter <= 'z' ? letter : ' ';
  }
  return pieces(clean);
}

void replace_by_synonyms(SentenceWords& words, size_t count, const Thesaurus& thesaurus,
                         Random& random) {
  SentenceWords candidates;
  for (const std::string& word : words) {
    if (!is_stop_word(word) &&
        std::find(candidates.begin(), candidates.end(), word) == candidates.end())
      candidates.push_back(word);
  }
  shuffle(candidates, random);
  size_t replaced = 0;
  for (const std::string& word : candidates) {
    if (replaced == count) break;
    const std::vector<std::string_view> synonyms = thesaurus.synonyms(word);
    if (synonyms.empty()) continue;
    const std::string synonym(synonyms[random.below(synonyms.size())]);
    std::replace(words.begin(), words.end(), word, synonym);
    ++replaced;
  }
  words = pieces(joined(words));  // a synonym may be several words
}

void insert_synonyms(SentenceWords& words, size_t count, const Thesaurus& thesaurus,
                     Random& random) {
  constexpr int kTries = 10;
  for (size_t i = 0; i < count && !words.empty(); ++i) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const std::vector<std::string_view> synonyms =
          thesaurus.synonyms(words[random.below(words.size())]);
      if (synonyms.empty()) continue;
      const auto place = static_cast<long>(random.below(words.size()));
      words.emplace(words.begin() + place, synonyms.front());
      break;
    }
  }
}

void swap_words(SentenceWords& words, size_t count, Random& random) {
  constexpr int kTries = 3;
  for (size_t i = 0; i < count && !words.empty(); ++i) {
    const size_t first = random.below(words.size());
    size_t second = first;
    for (int attempt = 0; attempt < kTries && second == first; ++attempt)
      second = random.below(words.size());
    std::swap(words[first], words[second]);
  }
}

void delete_words(SentenceWords& words, double chance, Random& random) {
  if (words.size() < 2) return;
  SentenceWords kept;
  for (const std::string& word : words) {
    if (random.uniform() > chance) kept.push_back(word);
  }
  if (kept.empty()) kept.push_back(words[random.below(words.size())]);
  words = std::move(kept);
}

std::string eda(std::string_view sentence, const EdaOptions& options, const Thesaurus& thesaurus,
                Random& random) {
  const bool original = options.recipe == EdaRecipe::kOriginal;
  SentenceWords words = original ? eda_clean(sentence) : pieces(sentence);
  if (words.empty()) return {};
  const size_t count =
      original ? std::max<size_t>(
                     1, static_cast<size_t>(options.alpha * static_cast<double>(words.size())))
               : 1;
  switch (random.below(original ? 4 : 3)) {
    case 0:
      replace_by_synonyms(words, count, thesaurus, random);
      break;
    case 1:
      swap_words(words, count, random);
      break;
    case 2:
      delete_words(words, options.alpha, random);
      break;
    default:
      insert_synonyms(words, count, thesaurus, random);
  }
  return joined(words);
}

bool is_stop_word(std::string_view word) {
  static const std::unordered_set<std::string_view> stop_words = {
      "i",         "me",        "my",         "myself",  "we",      "our",     "ours",
      "ourselves", "you",       "you're",     "you've",  "you'll",  "you'd",   "your",
      "yours",     "yourself",  "yourselves", "he",      "him",     "his",     "himself",
      "she",       "she's",     "her",        "hers",    "herself", "it",      "it's",
      "its",       "itself",    "they",       "them",    "their",   "theirs",  "themselves",
      "what",      "which",     "who",        "whom",    "this",    "that",    "that'll",
      "these",     "those",     "am",         "is",      "are",     "was",     "were",
      "be",        "been",      "being",      "have",    "has",     "had",     "having",
      "do",        "does",      "did",        "doing",   "a",       "an",      "the",
      "and",       "but",       "if",         "or",      "because", "as",      "until",
      "while",     "of",        "at",         "by",      "for",     "with",    "about",
      "against",   "between",   "into",       "through", "during",  "before",  "after",
      "above",     "below",     "to",         "from",    "up",      "down",    "in",
      "out",       "on",        "off",        "over",    "under",   "again",   "further",
      "then",      "once",      "here",       "there",   "when",    "where",   "why",
      "how",       "all",       "any",        "both",    "each",    "few",     "more",
      "most",      "other",     "some",       "such",    "no",      "nor",     "not",
      "only",      "own",       "same",       "so",      "than",    "too",     "very",
      "s",         "t",         "can",        "will",    "just",    "don",     "don't",
      "should",    "should've", "now",        "d",       "ll",      "m",       "o",
      "re",        "ve",        "y",          "ain",     "aren",    "aren't",  "couldn",
      "couldn't",  "didn",      "didn't",     "doesn",   "doesn't", "hadn",    "hadn't",
      "hasn",      "hasn't",    "haven",      "haven't", "isn",     "isn't",   "ma",
      "mightn",    "mightn't",  "mustn",      "mustn't", "needn",   "needn't", "shan",
      "shan't",    "shouldn",   "shouldn't",  "wasn",    "wasn't",  "weren",   "weren't",
      "won",       "won't",     "wouldn",     "wouldn't"};
  return stop_words.contains(word);
}

}  // namespace clipwright::lexicon
