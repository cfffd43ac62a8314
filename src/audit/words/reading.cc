#include "audit/words/reading.h"

#include <algorithm>

namespace clipwright::audit::words {
using lexicon::BaseForms;
using lexicon::classify_word;
using lexicon::find_base_forms;
using lexicon::PartOfSpeech;
using lexicon::split_words;
using lexicon::stem_hash;
using lexicon::Word;
using lexicon::WordClass;
using lexicon::WordEntry;
using lexicon::WordNet;
using lexicon::Words;
namespace {

// Lexicographer files (lexnames(5WN)).
constexpr uint8_t kAnimal = 5, kArtifact = 6, kBody = 8, kFood = 13, kGroup = 14, kPlace = 15,
                  kObject = 17, kPerson = 18, kPlant = 20, kTime = 28;

bool is_thing(uint8_t topic) {
  return topic == kAnimal || topic == kArtifact || topic == kBody || topic == kFood ||
         topic == kObject || topic == kPerson || topic == kPlant;
}

/// The most likely part of speech in a caption: verbs are inflected there ("a dog runs", "riding"),
/// so that a plain form that can be a noun is one; against adjectives the number of senses decides.
PartOfSpeech likely_part(const WordNet& wordnet, const BaseForms& forms, std::string_view text) {
  const auto& counts = wordnet.word(forms.word[0]).count;
  const bool inflected = forms.count > 1 && (text.ends_with("ing") || text.ends_with("ed"));
  if (inflected && wordnet.word(forms.base()).has(PartOfSpeech::kVerb)) return PartOfSpeech::kVerb;
  if (counts[0] > 0 && counts[0] * 2 >= counts[2]) return PartOfSpeech::kNoun;
  if (counts[1] > 0 && counts[1] >= counts[2]) return PartOfSpeech::kVerb;
  return counts[2] > 0   ? PartOfSpeech::kAdjective
         : counts[3] > 0 ? PartOfSpeech::kAdverb
                         : PartOfSpeech::kNoun;
}

class Reader {
 public:
  Reader(const WordNet& wordnet, Reading& reading)
      : wordnet_(wordnet), reading_(reading), words_(reading.words) {
    // In Title Case or capitals throughout, a capital letter says nothing.
    case_tells_ = 2 * words_.capitalised < words_.alphabetic ||
                  (words_.alphabetic <= 2 && words_.capitalised <= 1);
  }

  void run() {
    collect(false);
    if (reading_.terms.empty()) collect(true);  // "photo" alone is what the caption says
    find_compounds();
  }

 private:
  void collect(bool with_style) {
    reading_.terms.clear();
    reading_.numbers.clear();
    reading_.colours.clear();
    reading_.negations = reading_.maybe_negations = reading_.foreign_words =
        reading_.function_words = 0;
    for (size_t i = 0; i < words_.list.size(); ++i) {
      const Word& word = words_.list[i];
      if (word.denied) ++reading_.negations;
      if (word.has_digit) {
        i = digits(i);
        continue;
      }
      const WordEntry entry = classify_word(word.hash);
      switch (entry.kind) {
        case WordClass::kFunction:
          ++reading_.function_words;
          continue;
        case WordClass::kNumber:
          i = spelled_number(i, entry.value);
          continue;
        case WordClass::kMaybeNumber:
          reading_.numbers.push_back({static_cast<double>(entry.value), false, false});
          continue;
        case WordClass::kOrdinal:
          reading_.numbers.push_back({static_cast<double>(entry.value), true, true});
          continue;
        case WordClass::kNegation:
          ++reading_.function_words;
          // "No. 5" and "not only" deny nothing.
          if (i + 1 < words_.list.size() &&
              (words_.list[i + 1].has_digit || words_.text(words_.list[i + 1]) == "only"))
            continue;
          ++reading_.negations;
          continue;
        case WordClass::kMaybeNegation:
          ++reading_.maybe_negations;
          continue;
        case WordClass::kColour:
        case WordClass::kMaybeColour:
          reading_.colours.push_back(
              {static_cast<double>(entry.value), entry.kind == WordClass::kColour, false});
          add_term(i, entry.value);
          continue;
        case WordClass::kStyle:
          if (with_style) add_term(i, 0);
          continue;
        case WordClass::kForeign:
          ++reading_.foreign_words;
          break;
        case WordClass::kContent:
          break;
      }
      if (word.denied || word.size < 2) {
        if (static_cast<uint8_t>(words_.letters[word.begin]) < 128) continue;
      }
      add_term(i, 0);
    }
  }

  /// "3", "1,000", "2nd"; a mixture such as "img_0234" or "4k" is a word. Returns the last word
  /// used.
  size_t digits(size_t i) {
    const Word& word = words_.list[i];
    const std::string_view text = words_.text(word);
    double value = 0, place = 0;
    size_t at = 0;
    for (; at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == '.'); ++at) {
      if (text[at] == '.') {
        place = 1;
        continue;
      }
      value = value * 10 + (text[at] - '0');
      place *= 10;
    }
    if (place > 0) value /= place;
    const std::string_view rest = text.substr(at);
    if (rest.empty()) {
      if (i + 1 < words_.list.size()) {
        const WordEntry next = classify_word(words_.list[i + 1].hash);
        if (next.kind == WordClass::kNumber && next.value >= 100) {
          value *= next.value;
          ++i;
        }
      }
      reading_.numbers.push_back({value, true, false});
    } else if (at > 0 && (rest == "st" || rest == "nd" || rest == "rd" || rest == "th")) {
      reading_.numbers.push_back({value, value > 2, true});
    } else {
      add_term(i, 0);
      reading_.terms.back().weight = 0.3F;
    }
    return i;
  }

  /// "twenty-five", "two hundred", "three thousand". Returns the last word used.
  size_t spelled_number(size_t i, int32_t first) {
    int64_t total = 0, group = first;
    size_t last = i;
    for (size_t next = i + 1; next < words_.list.size() && next <= i + 6; ++next) {
      const WordEntry entry = classify_word(words_.list[next].hash);
      if (entry.kind != WordClass::kNumber) break;
      if (entry.value >= 1000) {
        total += group * entry.value;
        group = 0;
      } else if (entry.value == 100 || entry.value == 12) {
        group *= entry.value;
      } else if (group >= 20 && group % 10 == 0 &&
                 entry.value < group % 100 + (group % 100 == 0 ? 100 : 0)) {
        group += entry.value;
      } else {
        break;
      }
      last = next;
    }
    reading_.numbers.push_back({static_cast<double>(total + group), true, false});
    return last;
  }

  void add_term(size_t i, int32_t colour) {
    if (reading_.terms.size() >= Reading::kMostTerms) return;
    const Word& word = words_.list[i];
    const std::string_view text = words_.text(word);
    ContentWord term;
    term.hash = word.hash;
    term.stem = stem_hash(text);
    term.colour = colour;
    if (!wordnet_.empty()) find_base_forms(wordnet_, text, word.hash, term.forms);
    const bool capital_tells = word.capitalised && !word.starts_sentence && case_tells_;
    if (term.forms.count > 0) {
      describe(term, word, capital_tells);
    } else {
      term.noun = true;
      term.name = capital_tells && colour == 0;
      if (text.size() > 4 && text.ends_with("ly")) term.weight = 0.3F;
    }
    // "a cup of coffee" is coffee: the measure counts little.
    if (term.noun && i + 1 < words_.list.size() && words_.text(words_.list[i + 1]) == "of" &&
        !term.name) {
      term.weight *= 0.4F;
      term.concrete = false;
    }
    term.place = static_cast<uint32_t>(i);
    reading_.terms.push_back(term);
  }

  void describe(ContentWord& term, const Word& word, bool capital_tells) const {
    const uint32_t id = term.forms.word[0];
    const WordNet::Senses& senses = wordnet_.word(id);
    const PartOfSpeech part = likely_part(wordnet_, term.forms, words_.text(word));
    term.noun = part == PartOfSpeech::kNoun;
    term.weight = part == PartOfSpeech::kNoun        ? 1.0F
                  : part == PartOfSpeech::kVerb      ? 0.7F
                  : part == PartOfSpeech::kAdjective ? 0.6F
                                                     : 0.3F;
    if (term.noun && senses.has(PartOfSpeech::kNoun)) {
      const WordNet::Sense& sense = wordnet_.sense(wordnet_.senses(id, PartOfSpeech::kNoun)[0]);
      term.concrete = is_thing(sense.topic);
      // Written small, only people, places, groups and dates are names; "frisbee" and "jeep" are
      // things. "brazil" is a place first, though a nut may be called so.
      const bool nameable = sense.proper || sense.topic == kPlace || sense.topic == kPerson ||
                            sense.topic == kGroup || sense.topic == kTime;
      term.name =
          word.size > 2 && ((senses.proper && nameable) || (sense.proper && sense.topic == kPlace));
    }
    term.name |=
        capital_tells && term.colour == 0 && (senses.proper || !word.all_capitals || !case_tells_);
    if (term.colour != 0) term.weight = 0.6F, term.concrete = false;
  }

  /// Neighbours that are one word in WordNet ("ice cream", "eiffel tower") share its number.
  void find_compounds() {
    if (wordnet_.empty()) return;
    auto& terms = reading_.terms;
    for (size_t i = 0; i + 1 < terms.size(); ++i) {
      if (terms[i + 1].place != terms[i].place + 1) continue;
      ContentWord &first = terms[i], &second = terms[i + 1];
      uint32_t compound = wordnet_.find_compound(first.hash, second.hash);
      if (compound == WordNet::kNone && second.forms.count > 0) {
        compound = wordnet_.find_compound(first.hash, wordnet_.hash(second.forms.base()));
      }
      if (compound == WordNet::kNone) continue;
      first.compound = second.compound = compound;
      if (!wordnet_.word(compound).has(PartOfSpeech::kNoun)) continue;
      const WordNet::Sense& sense =
          wordnet_.sense(wordnet_.senses(compound, PartOfSpeech::kNoun)[0]);
      if (wordnet_.word(compound).proper && sense.proper) first.name = second.name = true;
    }
  }

  const WordNet& wordnet_;
  Reading& reading_;
  const Words& words_;
  bool case_tells_ = false;
};

}  // namespace

void read_text(std::string_view text, const WordNet& wordnet, Reading& reading) {
  split_words(text, reading.words);
  Reader(wordnet, reading).run();
}

}  // namespace clipwright::audit::words
