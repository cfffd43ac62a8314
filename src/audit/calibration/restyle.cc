#include "audit/calibration/restyle.h"

#include <algorithm>
#include <array>

#include "audit/calibration/caption_words.h"
#include "core/random.h"

namespace clipwright::audit::calibration {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
    {"small", "little"},       {"near", "close to"},    {"under", "underneath"},
    {"above", "over"},         {"photo", "picture"},    {"big", "large"},
    {"large", "big"},          {"called", "known as"},  {"kids", "children"},
    {"car", "automobile"},     {"automobile", "car"},   {"bicycle", "bike"},
    {"airplane", "plane"},     {"often", "frequently"}, {"usually", "mostly"},
    {"eaten", "consumed"},     {"very", "really"},      {"helps", "assists"},
    {"woman", "lady"},         {"quick", "fast"},       {"happy", "cheerful"},
    {"rock", "stone"},         {"beautiful", "lovely"}, {"couch", "sofa"},
    {"street", "road"},        {"sitting", "seated"},   {"children", "kids"},
    {"made", "built"},         {"ship", "vessel"},      {"resembles", "looks like"},
    {"pair", "couple"},        {"worn", "put on"},      {"begin", "start"},
    {"people", "folks"},       {"baby", "infant"},      {"shore", "coast"},
    {"inside", "within"},      {"beside", "next to"},   {"sick", "ill"},
    {"gift", "present"},       {"telephone", "phone"},  {"pushes", "shoves"},
    {"carries", "transports"}, {"movie", "film"},       {"used", "employed"},
    {"rides", "is riding"},
};

constexpr std::array<std::string_view, 8> kBefore = {
    "a photo of ",       "a close view of ", "this picture shows ", "an image of ",
    "a lovely view of ", "you can see ",     "there is ",           "a simple drawing of "};
constexpr std::array<std::string_view, 6> kAfter = {
    ", seen up close",        " in a beautiful picture", ", captured in one shot",
    ", shown in full detail", " in this photograph",     ", as seen in this picture"};

std::string with_synonyms(std::string text, Random& random) {
  int changed = 0;
  const std::vector<CaptionWord> words = cut_words(text);
  for (size_t i = words.size(); i-- > 0 && changed < 2;) {
    for (const auto& [word, other] : kSynonyms) {
      if (words[i].lower != word || random.uniform() < 0.2) continue;
      text = spliced(text, words[i].begin, words[i].end, in_case_of(words[i], std::string(other)));
      ++changed;
      break;
    }
  }
  return text;
}

/// "a dog in the garden" to "in the garden, a dog". Only where one phrase ends the caption.
std::string with_phrase_first(const std::string& text) {
  const std::vector<CaptionWord> words = cut_words(text);
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i].comma_before) return text;
    if (!is_one_of(words[i].lower,
                   {"in", "on", "at", "near", "under", "inside", "behind", "above", "beside"}))
      continue;
    for (size_t j = i + 1; j < words.size(); ++j) {
      if (words[j].comma_before ||
          is_one_of(words[j].lower, {"is", "are", "was", "and", "that", "which", "with"}))
        return text;
    }
    const std::string phrase = text.substr(words[i].begin, words.back().end - words[i].begin);
    return phrase + ", " + text.substr(0, words[i - 1].end);
  }
  return text;
}

/// A small initial for what now stands inside a sentence, unless it may be a name.
std::string inside_sentence(std::string text) {
  const std::vector<CaptionWord> words = cut_words(text);
  if (!words.empty() && words[0].begin == 0 && words[0].capital &&
      is_one_of(words[0].lower, {"a", "an", "the", "this", "some", "two", "three", "four", "five",
                                 "my", "his", "her", "our", "one", "no"}))
    text[0] = static_cast<char>(text[0] + 32);
  return text;
}

bool same_words(std::string_view a, std::string_view b) {
  const std::vector<CaptionWord> of_a = cut_words(a), of_b = cut_words(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                    [](const CaptionWord& x, const CaptionWord& y) { return x.lower == y.lower; });
}

}  // namespace

std::string restyle(std::string_view caption, std::string_view key, uint64_t seed) {
  Random random(seed, "restyle", 0, key);
  std::string text(caption);
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  const bool move = random.uniform() < 0.4;
  const double wrapping = random.uniform();
  const size_t before = random.below(kBefore.size()), after = random.below(kAfter.size());
  text = with_synonyms(inside_sentence(text), random);
  if (move) text = with_phrase_first(text);
  if (wrapping < 0.4) text = std::string(kBefore[before]) + text;
  if (wrapping >= 0.4 && wrapping < 0.8) text += kAfter[after];
  return same_words(text, caption) ? std::string(kBefore[before]) + text : text;
}

}  // namespace clipwright::audit::calibration
