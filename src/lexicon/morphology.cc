#include "lexicon/morphology.h"

#include <algorithm>

#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

struct Rule {
  std::string_view suffix, ending;
  PartOfSpeech part;
};

// morphy(7WN)'s rules and those for a y that became i, longest suffix of a part of speech first.
constexpr Rule kRules[] = {
    {"ches", "ch", PartOfSpeech::kNoun},     {"shes", "sh", PartOfSpeech::kNoun},
    {"ses", "s", PartOfSpeech::kNoun},       {"xes", "x", PartOfSpeech::kNoun},
    {"zes", "z", PartOfSpeech::kNoun},       {"ies", "y", PartOfSpeech::kNoun},
    {"ies", "y", PartOfSpeech::kVerb},       {"es", "e", PartOfSpeech::kVerb},
    {"es", "", PartOfSpeech::kVerb},         {"s", "", PartOfSpeech::kNoun},
    {"s", "", PartOfSpeech::kVerb},          {"men", "man", PartOfSpeech::kNoun},
    {"ied", "y", PartOfSpeech::kVerb},       {"ed", "e", PartOfSpeech::kVerb},
    {"ed", "", PartOfSpeech::kVerb},         {"ing", "e", PartOfSpeech::kVerb},
    {"ing", "", PartOfSpeech::kVerb},        {"ier", "y", PartOfSpeech::kAdjective},
    {"iest", "y", PartOfSpeech::kAdjective}, {"er", "", PartOfSpeech::kAdjective},
    {"est", "", PartOfSpeech::kAdjective},   {"er", "e", PartOfSpeech::kAdjective},
    {"est", "e", PartOfSpeech::kAdjective},
};

// morphy(7WN)'s rules as NLTK orders them, a part of speech after the other.
constexpr Rule kMorphyRules[] = {
    {"s", "", PartOfSpeech::kNoun},         {"ses", "s", PartOfSpeech::kNoun},
    {"ves", "f", PartOfSpeech::kNoun},      {"xes", "x", PartOfSpeech::kNoun},
    {"zes", "z", PartOfSpeech::kNoun},      {"ches", "ch", PartOfSpeech::kNoun},
    {"shes", "sh", PartOfSpeech::kNoun},    {"men", "man", PartOfSpeech::kNoun},
    {"ies", "y", PartOfSpeech::kNoun},      {"s", "", PartOfSpeech::kVerb},
    {"ies", "y", PartOfSpeech::kVerb},      {"es", "e", PartOfSpeech::kVerb},
    {"es", "", PartOfSpeech::kVerb},        {"ed", "e", PartOfSpeech::kVerb},
    {"ed", "", PartOfSpeech::kVerb},        {"ing", "e", PartOfSpeech::kVerb},
    {"ing", "", PartOfSpeech::kVerb},       {"er", "", PartOfSpeech::kAdjective},
    {"est", "", PartOfSpeech::kAdjective},  {"er", "e", PartOfSpeech::kAdjective},
    {"est", "e", PartOfSpeech::kAdjective},
};

bool doubled(std::string_view stem) {
  const size_t n = stem.size();
  return n >= 3 && stem[n - 1] == stem[n - 2] &&
         std::string_view("bdgklmnprt").find(stem[n - 1]) != std::string_view::npos;
}

void try_form(const WordNet& wordnet, uint64_t hash, PartOfSpeech part, BaseForms& forms) {
  const uint32_t id = wordnet.find(hash);
  if (id != WordNet::kNone && wordnet.word(id).has(part)) forms.add(id);
}

}  // namespace

void find_base_forms(const WordNet& wordnet, std::string_view lower_case, uint64_t hash,
                     BaseForms& forms) {
  if (const uint32_t id = wordnet.find(hash); id != WordNet::kNone) forms.add(id);
  const WordNet::Irregular* irregular = wordnet.irregular(hash);
  if (irregular != nullptr && irregular->base[0] != WordNet::kNone) {
    for (uint32_t base : irregular->base) {
      if (base != WordNet::kNone) forms.add(base);
    }
    return;
  }
  if (lower_case.size() < 3) return;
  const char last = lower_case.back();
  if (last != 's' && last != 'd' && last != 'g' && last != 'n' && last != 'r' && last != 't')
    return;
  for (const Rule& rule : kRules) {
    if (rule.suffix.back() != last || !lower_case.ends_with(rule.suffix)) continue;
    const std::string_view stem = lower_case.substr(0, lower_case.size() - rule.suffix.size());
    if (stem.size() < 2 || (rule.suffix == "s" && stem.back() == 's')) continue;
    const uint64_t stem_hash = word_hash(stem);
    try_form(wordnet, extend_word_hash(stem_hash, rule.ending), rule.part, forms);
    if (rule.ending.empty() && rule.suffix.size() > 1 && doubled(stem)) {
      try_form(wordnet, word_hash(stem.substr(0, stem.size() - 1)), rule.part, forms);
    }
  }
}

void morphy(const WordNet& wordnet, std::string_view lower_case, PartOfSpeech part,
            std::vector<uint32_t>& words) {
  words.clear();
  const auto add = [&](uint32_t id) {
    if (id != WordNet::kNone && wordnet.word(id).has(part) &&
        std::find(words.begin(), words.end(), id) == words.end())
      words.push_back(id);
  };
  const uint64_t hash = word_hash(lower_case);
  add(wordnet.find(hash));
  const WordNet::Irregular* irregular = wordnet.irregular(hash);
  if (irregular != nullptr && irregular->listed[static_cast<int>(part)]) {
    for (const uint32_t base : wordnet.bases(*irregular, part)) add(base);
    return;
  }
  for (const Rule& rule : kMorphyRules) {
    if (rule.part != part || !lower_case.ends_with(rule.suffix)) continue;
    const uint64_t stem = word_hash(lower_case.substr(0, lower_case.size() - rule.suffix.size()));
    add(wordnet.find(extend_word_hash(stem, rule.ending)));
  }
}

std::string singular(std::string_view noun) {
  const auto without = [&](size_t letters) {
    return std::string(noun.substr(0, noun.size() - letters));
  };
  if (noun.ends_with("ies")) return without(3) + 'y';
  for (const char* ending : {"ses", "xes", "ches", "shes"}) {
    if (noun.ends_with(ending)) return without(2);
  }
  const bool plural = noun.ends_with("s") && !noun.ends_with("ss") && !noun.ends_with("us");
  return without(plural ? 1 : 0);
}

uint64_t stem_hash(std::string_view word) {
  const auto cut = [&](size_t letters) { word.remove_suffix(letters); };
  if (word.size() > 4 &&
      (word.ends_with("ies") || word.ends_with("ches") || word.ends_with("shes") ||
       word.ends_with("sses") || word.ends_with("xes"))) {
    cut(2);
  } else if (word.size() > 3 && word.ends_with('s') && !word.ends_with("ss") &&
             !word.ends_with("us") && !word.ends_with("is")) {
    cut(1);
  }
  if (word.size() > 5 && word.ends_with("ing")) {
    cut(3);
    if (doubled(word)) cut(1);
  } else if (word.size() > 4 && word.ends_with("ed")) {
    cut(2);
    if (doubled(word)) cut(1);
  } else if (word.size() > 5 && word.ends_with("ly")) {
    cut(2);
  }
  if (word.size() > 3 && word.ends_with('e')) cut(1);
  if (word.size() > 2 && (word.ends_with('y') || word.ends_with('i'))) {
    return extend_word_hash(word_hash(word.substr(0, word.size() - 1)), "i");
  }
  return word_hash(word);
}

}  // namespace clipwright::lexicon
