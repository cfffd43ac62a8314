#include "audit/calibration/corruption.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "audit/calibration/caption_words.h"
#include "audit/calibration/restyle.h"
#include "core/random.h"
#include "lexicon/morphology.h"
#include "lexicon/words.h"

namespace clipwright::audit::calibration {
namespace {

using CaptionWords = std::vector<CaptionWord>;
using Result = std::optional<std::string>;

struct Colour {
  std::string_view name;
  int family;
};
constexpr std::array<Colour, 20> kColours = {
    {{"red", 1},    {"crimson", 1}, {"maroon", 1},    {"blue", 2},   {"navy", 2},
     {"green", 3},  {"yellow", 4},  {"purple", 5},    {"violet", 5}, {"brown", 6},
     {"black", 7},  {"white", 8},   {"gray", 9},      {"grey", 9},   {"pink", 10},
     {"golden", 4}, {"silvery", 9}, {"turquoise", 2}, {"beige", 6},  {"scarlet", 1}}};
constexpr std::array<Colour, 9> kNewColours = {{{"red", 1},
                                                {"blue", 2},
                                                {"green", 3},
                                                {"yellow", 4},
                                                {"purple", 5},
                                                {"brown", 6},
                                                {"black", 7},
                                                {"white", 8},
                                                {"pink", 10}}};
constexpr std::array<std::string_view, 11> kNumbers = {
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
constexpr std::array<std::string_view, 24> kNames = {
    "Paris",  "Brazil",  "Kenya",    "Chicago", "Vienna",  "Norway", "Tokyo",     "Mexico",
    "Berlin", "Morocco", "Oxford",   "Peru",    "Sydney",  "Dublin", "Einstein",  "Shakespeare",
    "Mozart", "Gandhi",  "Napoleon", "Picasso", "Madonna", "Boeing", "Microsoft", "Christmas"};
constexpr std::array<std::string_view, 10> kPeoples = {
    "French",  "Japanese", "Brazilian", "Egyptian", "Norwegian",
    "Mexican", "Italian",  "Kenyan",    "Chinese",  "Turkish"};
constexpr std::array<std::string_view, 24> kIntruders = {
    "elephant",  "piano",      "refrigerator", "penguin",     "helicopter", "sword",
    "bathtub",   "cactus",     "trumpet",      "wheelbarrow", "giraffe",    "microscope",
    "surfboard", "typewriter", "chandelier",   "canoe",       "accordion",  "lobster",
    "tractor",   "telescope",  "anchor",       "suitcase",    "camel",      "parachute"};

bool says(const CaptionWords& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const CaptionWord& one) { return one.lower.starts_with(word); });
}

template <size_t N>
std::string_view pick_unsaid(const std::array<std::string_view, N>& list, const CaptionWords& words,
                             Random& random) {
  for (int tries = 0; tries < 64; ++tries) {
    const std::string_view choice = list[random.below(N)];
    std::string lower(choice);
    if (lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] + 32);
    if (!says(words, lower)) return choice;
  }
  return list[0];
}

std::string with_article(std::string_view thing) {
  return (is_one_of(thing.substr(0, 1), {"a", "e", "i", "o"}) ? "an " : "a ") + std::string(thing);
}

Result swap_colour(std::string_view caption, const CaptionWords& words, Random& random) {
  std::vector<std::pair<size_t, int>> found;
  for (size_t i = 0; i < words.size(); ++i) {
    for (const Colour& colour : kColours) {
      if (words[i].lower == colour.name) found.emplace_back(i, colour.family);
    }
  }
  if (found.empty()) return std::nullopt;
  const auto chosen = found[random.below(found.size())];
  const size_t at = chosen.first;
  const int family = chosen.second;
  const bool any = std::any_of(kNewColours.begin(), kNewColours.end(), [&](const Colour& other) {
    return other.family != family && !says(words, other.name);
  });
  if (!any) return std::nullopt;  // the caption says them all
  while (true) {
    const Colour& other = kNewColours[random.below(kNewColours.size())];
    if (other.family == family || says(words, other.name)) continue;
    return spliced(caption, words[at].begin, words[at].end,
                   in_case_of(words[at], std::string(other.name)));
  }
}

Result swap_number(std::string_view caption, const CaptionWords& words, Random& random) {
  for (const CaptionWord& word : words) {
    const auto spelled = std::find(kNumbers.begin(), kNumbers.end(), word.lower);
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(word.lower.data(), word.lower.data() + word.lower.size(), value);
    const bool digits =
        error == std::errc() && end == word.lower.data() + word.lower.size() && value < 1000000;
    if (spelled == kNumbers.end() && !digits) continue;
    const auto number = [&](size_t choice) {
      return digits ? std::to_string(choice + 2) : std::string(kNumbers[choice]);
    };
    size_t unsaid = 0;
    for (size_t choice = 0; choice < kNumbers.size(); ++choice)
      unsaid += number(choice) != word.lower && !says(words, number(choice));
    if (unsaid == 0) return std::nullopt;  // the caption says them all
    std::string other;
    do {
      other = number(random.below(kNumbers.size()));
    } while (other == word.lower || says(words, other));
    return spliced(caption, word.begin, word.end, in_case_of(word, other));
  }
  return std::nullopt;
}

Result swap_entity(std::string_view caption, const CaptionWords& words, Random& random) {
  size_t capitals = 0;
  for (const CaptionWord& word : words) capitals += word.capital;
  if (2 * capitals > words.size() + 1) return std::nullopt;  // Title Case names nothing
  const auto is_name = [&](size_t i) {
    const CaptionWord& word = words[i];
    return word.capital && !word.starts_sentence && word.lower.size() > 2 &&
           word.lower.find_first_of("0123456789'\x80") == std::string::npos;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (!is_name(i)) continue;
    size_t last = i;
    while (last + 1 < words.size() && !words[last + 1].comma_before && is_name(last + 1)) ++last;
    const std::string& lower = words[last].lower;
    const bool people = last == i && last + 1 < words.size() && !words[last + 1].comma_before &&
                        (lower.ends_with("an") || lower.ends_with("ese") || lower.ends_with("ish"));
    return spliced(
        caption, words[i].begin, words[last].end,
        people ? pick_unsaid(kPeoples, words, random) : pick_unsaid(kNames, words, random));
  }
  return std::nullopt;
}

Result negate(std::string_view caption, const CaptionWords& words, Random& random) {
  for (const CaptionWord& word : words) {
    if (is_one_of(word.lower, {"no", "not", "never", "without", "none"}) ||
        word.lower.ends_with("n't"))
      return std::nullopt;
  }
  std::vector<std::string> ways;
  for (size_t i = 0; i < words.size(); ++i) {
    const CaptionWord& word = words[i];
    if (is_one_of(word.lower, {"is", "are", "was", "were", "can", "has", "have", "will"}) && i > 0)
      ways.push_back(spliced(caption, word.end, word.end, " not"));
    if (word.lower == "with" && i > 0)
      ways.push_back(spliced(caption, word.begin, word.end, "without"));
  }
  if (ways.empty() && !words.empty()) {
    const CaptionWord& first = words[0];
    const bool article = is_one_of(first.lower, {"a", "an", "the", "some"});
    // A name or a sentence cannot simply be preceded by "no".
    if (!article && first.capital) return std::nullopt;
    ways.push_back(spliced(caption, first.begin, article ? first.end : first.begin,
                           in_case_of(first, article ? "no" : "no ")));
  }
  if (ways.empty()) return std::nullopt;
  return ways[random.below(ways.size())];
}

Result add_object(std::string_view caption, const CaptionWords& words, Random& random) {
  if (words.empty()) return std::nullopt;
  constexpr std::array<std::string_view, 4> kLinks = {" and ", " next to ", " with ", " beside "};
  const std::string thing = with_article(pick_unsaid(kIntruders, words, random));
  return spliced(caption, words.back().end, words.back().end,
                 std::string(kLinks[random.below(kLinks.size())]) + thing);
}

/// Is the word first of all the name of a thing one can see?
bool is_thing(const lexicon::WordNet& wordnet, const std::string& word) {
  if (wordnet.empty() || word.size() < 3) return false;
  lexicon::BaseForms forms;
  lexicon::find_base_forms(wordnet, word, lexicon::word_hash(word), forms);
  if (forms.count == 0) return false;
  const auto& counts = wordnet.word(forms.word[0]).count;
  if (counts[0] == 0 || counts[1] > counts[0] || counts[2] > counts[0]) return false;
  const uint32_t sense = wordnet.senses(forms.word[0], lexicon::PartOfSpeech::kNoun)[0];
  const int topic = wordnet.sense(sense).topic;
  constexpr int kAnimal = 5, kArtifact = 6, kFood = 13, kPerson = 18, kPlant = 20;
  return topic == kAnimal || topic == kArtifact || topic == kFood || topic == kPerson ||
         topic == kPlant;
}

bool is_link(const CaptionWord& word) {
  return is_one_of(word.lower, {"and", "with", "near", "on", "in", "under", "beside", "above", "by",
                                "at", "inside", "behind", "over", "for", "from"});
}
bool is_article(const CaptionWord& word) {
  return is_one_of(word.lower, {"a", "an", "the", "some", "his", "her", "its", "two", "three"});
}

/// The noun phrase that ends in word `i`: its first word.
size_t phrase_start(const CaptionWords& words, size_t i) {
  size_t start = i;
  while (start > 0 && !words[start].comma_before && !is_link(words[start - 1]) &&
         !is_one_of(words[start - 1].lower, {"of", "is", "are", "to", "that", "a", "an", "the"}) &&
         i - start < 3)
    --start;
  if (start > 0 && !words[start].comma_before && is_article(words[start - 1])) --start;
  return start;
}

/// Objects whose phrase ends at a link, punctuation or the end, so that it can go whole.
std::vector<size_t> removable_objects(const lexicon::WordNet& wordnet, const CaptionWords& words) {
  std::vector<size_t> objects;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool ends = i + 1 == words.size() || words[i + 1].comma_before || is_link(words[i + 1]);
    if (ends && is_thing(wordnet, words[i].lower)) objects.push_back(i);
  }
  return objects;
}

Result drop_object(const lexicon::WordNet& wordnet, std::string_view caption,
                   const CaptionWords& words, Random& random) {
  std::vector<size_t> objects = removable_objects(wordnet, words);
  if (objects.size() < 2) return std::nullopt;
  const size_t object = objects[random.below(objects.size())];
  size_t start = phrase_start(words, object);
  size_t end = words[object].end;
  if (start > 0 && !words[start].comma_before && is_link(words[start - 1])) {
    --start;
  } else if (object + 1 < words.size() && is_link(words[object + 1])) {
    end = words[object + 1].begin == end ? end : words[object + 1].end;
  } else if (start > 0 && !words[start].comma_before) {
    return std::nullopt;  // the object of a verb: the rest would be no sentence
  }
  std::string left = spliced(caption, words[start].begin, end, "");
  const CaptionWords rest = cut_words(left);
  const bool thing_left = std::any_of(rest.begin(), rest.end(), [&](const CaptionWord& word) {
    return is_thing(wordnet, word.lower);
  });
  if (!thing_left) return std::nullopt;
  return left;
}

Result swap_object(const lexicon::WordNet& wordnet, std::string_view caption,
                   const CaptionWords& words, Random& random) {
  const std::vector<size_t> objects = removable_objects(wordnet, words);
  if (objects.empty()) return std::nullopt;
  const size_t object = objects[random.below(objects.size())];
  std::string thing(pick_unsaid(kIntruders, words, random));
  size_t begin = words[object].begin;
  if (words[object].lower.ends_with("s") && !words[object].lower.ends_with("ss")) {
    thing += thing.ends_with("s") ? "es" : "s";
  } else if (object > 0 && is_one_of(words[object - 1].lower, {"a", "an"})) {
    begin = words[object - 1].begin;
    thing = in_case_of(words[object - 1], with_article(thing));
  }
  if (begin == words[object].begin) thing = in_case_of(words[object], thing);
  return spliced(caption, begin, words[object].end, thing);
}

}  // namespace

const std::vector<DamageKind>& damage_kinds() {
  static const std::vector<DamageKind> kinds = {
      {Damage::kNone, "style-only", {}},
      {Damage::kSwapColour, "swap-colour", {"colour-changed", "colour-lost", "colour-added"}},
      {Damage::kSwapNumber, "swap-number", {"number-changed", "number-lost", "number-added"}},
      {Damage::kSwapEntity, "swap-entity", {"entity-lost", "entity-added"}},
      {Damage::kSwapObject, "swap-object", {"content-lost", "content-added"}},
      {Damage::kNegate, "negate", {"negation-changed"}},
      {Damage::kDropObject, "drop-object", {"content-lost"}},
      {Damage::kAddObject, "add-object", {"content-added"}},
  };
  return kinds;
}

std::optional<std::string> Corruption::damage(std::string_view caption, Damage damage) const {
  const CaptionWords words = cut_words(caption);
  if (words.empty()) return std::nullopt;
  Random random(seed_, "corruption", static_cast<uint64_t>(damage), caption);
  switch (damage) {
    case Damage::kNone:
      return std::string(caption);
    case Damage::kSwapColour:
      return swap_colour(caption, words, random);
    case Damage::kSwapNumber:
      return swap_number(caption, words, random);
    case Damage::kSwapEntity:
      return swap_entity(caption, words, random);
    case Damage::kSwapObject:
      return swap_object(wordnet_, caption, words, random);
    case Damage::kNegate:
      return negate(caption, words, random);
    case Damage::kDropObject:
      return drop_object(wordnet_, caption, words, random);
    case Damage::kAddObject:
      return add_object(caption, words, random);
  }
  return std::nullopt;
}

std::optional<std::string> Corruption::rewrite(std::string_view caption, Damage damage) const {
  if (damage == Damage::kNone) return restyle(caption, caption, seed_);
  const std::optional<std::string> damaged = this->damage(caption, damage);
  if (!damaged) return std::nullopt;
  return restyle(*damaged, caption, seed_);
}

}  // namespace clipwright::audit::calibration
