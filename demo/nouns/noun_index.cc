#include "demo/nouns/noun_index.h"

#include <algorithm>
#include <set>

#include "lexicon/morphology.h"

namespace clipwright::demo::nouns {
namespace {

/// Lower-case ASCII words; digits, underscores and hyphens separate.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    const char lower = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    if (lower >= 'a' && lower <= 'z') {
      words.back() += lower;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string join(const std::vector<std::string>& words, size_t first, size_t last) {
  std::string text;
  for (size_t i = first; i < last; ++i) text += (text.empty() ? "" : " ") + words[i];
  return text;
}

const std::set<std::string, std::less<>>& small_words() {
  static const std::set<std::string, std::less<>> words{
      "a",     "an",     "the",    "clipart", "clip",     "art",    "amp",     "and",   "white",
      "black", "red",    "green",  "blue",    "yellow",   "pink",   "purple",  "brown", "gray",
      "grey",  "color",  "colour", "colored", "icon",     "simple", "cartoon", "happy", "big",
      "small", "little", "old",    "new",     "coloured", "bw"};
  return words;
}

bool ends_phrase(std::string_view word) {
  static const std::set<std::string, std::less<>> words{
      "on", "in",  "from", "with",   "at",      "by",      "of",
      "to", "for", "and",  "called", "playing", "dancing", "the"};
  return words.contains(word);
}

}  // namespace

NounIndex::NounIndex(const std::vector<ObjectClass>& classes) {
  for (size_t i = 0; i < classes.size(); ++i) {
    for (const std::string& term : {classes[i].name, classes[i].synonym}) {
      const std::vector<std::string> words = words_of(term);
      if (!words.empty()) nouns_[join(words, 0, words.size())] = static_cast<int>(i);
    }
  }
}

int NounIndex::find(const std::string& noun) const {
  for (const std::string& form : {noun, lexicon::singular(noun), noun + 's'}) {
    if (const auto found = nouns_.find(form); found != nouns_.end()) return found->second;
  }
  return -1;
}

int NounIndex::exact(std::string_view title) const {
  // A series names its pictures "Clipart by <artist> - <noun>".
  if (const size_t dash = title.find(" - ");
      title.starts_with("Clipart by ") && dash != std::string_view::npos) {
    title.remove_prefix(dash + 3);
  }
  std::vector<std::string> words = words_of(title);
  std::erase_if(words, [](const std::string& word) {
    return word.size() < 2 || small_words().contains(word);
  });
  return find(join(words, 0, words.size()));
}

int NounIndex::head(std::string_view sentence) const {
  const std::string_view phrase = sentence.substr(0, sentence.find_first_of(",(.!;:"));
  std::vector<std::string> words = words_of(phrase);
  const auto cut = std::find_if(words.begin() + (words.empty() ? 0 : 1), words.end(), ends_phrase);
  words.erase(cut, words.end());
  for (size_t length = std::min<size_t>(3, words.size()); length > 0; --length) {
    const int found = find(join(words, words.size() - length, words.size()));
    if (found >= 0) return found;
  }
  return -1;
}

bool NounIndex::mentions(std::string_view text, int object) const {
  const std::vector<std::string> words = words_of(text);
  for (size_t first = 0; first < words.size(); ++first) {
    for (size_t length = 1; length <= 3 && first + length <= words.size(); ++length) {
      if (find(join(words, first, first + length)) == object) return true;
    }
  }
  return false;
}

}  // namespace clipwright::demo::nouns
