#include "audit/words/surface.h"

#include <algorithm>
#include <array>

namespace clipwright::audit::words {
using lexicon::classify_word;
using lexicon::split_words;
using lexicon::Word;
using lexicon::WordClass;
using lexicon::Words;
using lexicon::WordTable;
namespace {

constexpr std::string_view kPreambles[] = {
    "here is",
    "here's",
    "here are",
    "sure",
    "certainly",
    "of course",
    "okay,",
    "ok,",
    "alright,",
    "hmm,",
    "let me ",
    "i need to ",
    "the user wants",
    "the user is asking",
    "absolutely",
    "the rewritten",
    "rewritten",
    "rewrite:",
    "rewrite of",
    "rewording",
    "reworded",
    "the revised",
    "revised",
    "caption:",
    "the caption",
    "this caption",
    "a caption",
    "new caption",
    "your caption",
    "the sentence",
    "this sentence",
    "the phrase",
    "the original",
    "output:",
    "answer:",
    "response:",
    "result:",
    "note:",
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "i cannot",
    "i can't",
    "i'm unable",
    "i am unable",
    "as an ai",
    "as a language model",
    "i would",
    "i'd be",
    "i can ",
    "let me",
    "to rewrite",
    "in this rewritten",
    "a rewritten",
    "a possible",
    "one possible",
    "possible rewrite",
    "paraphrase",
    "example:",
    "input:",
    "instruction",
    "please provide",
    "first, i",
    "my apologies",
    "apologies,",
    "<think",
    "=>",
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_with(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != prefix[i]) return false;
  }
  const char last = prefix.back();
  const bool whole_word =
      text.size() == prefix.size() || last < 'a' || last > 'z' ||
      !((lower(text[prefix.size()]) >= 'a') && (lower(text[prefix.size()]) <= 'z'));
  return whole_word;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n\"'*#-");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

uint64_t mix(uint64_t run, uint64_t word) {
  return (run ^ word) * 0x9fb21c651e98df25ULL + (run >> 29);
}

uint64_t run_hash(const Words& words, size_t begin, size_t length) {
  uint64_t run = 0x51ed270b + length;
  for (size_t i = begin; i < begin + length; ++i) run = mix(run, words.list[i].hash);
  return run;
}

bool holds_run(const Words& words, const Words& other, size_t begin, size_t length) {
  for (size_t at = 0; at + length <= words.list.size(); ++at) {
    size_t i = 0;
    while (i < length && words.list[at + i].hash == other.list[begin + i].hash) ++i;
    if (i == length) return true;
  }
  return false;
}

/// Most often a run of `length` words occurs, among the first `kLooked` words.
int most_repeated_run(const Words& words, size_t length) {
  constexpr size_t kLooked = 160, kSlots = 512;
  std::array<uint64_t, kSlots> runs{};
  std::array<uint8_t, kSlots> counts{};
  int most = 0;
  const size_t end = std::min(words.list.size(), kLooked);
  for (size_t begin = 0; begin + length <= end; ++begin) {
    const uint64_t run = run_hash(words, begin, length) | 1;
    size_t at = (run >> 20) % kSlots;
    while (runs[at] != 0 && runs[at] != run) at = (at + 1) % kSlots;
    runs[at] = run;
    most = std::max(most, static_cast<int>(++counts[at]));
  }
  return most;
}

int longest_stutter(const Words& words) {
  int longest = words.list.empty() ? 0 : 1, run = 1;
  for (size_t i = 1; i < words.list.size(); ++i) {
    run = words.list[i].hash == words.list[i - 1].hash ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

void ExampleTexts::add(std::string_view text) {
  Words words;
  split_words(text, words);
  if (words.list.empty()) return;
  if (words.list.size() > 1) runs_.insert(run_hash(words, 0, words.list.size()), 0);
  for (size_t begin = 0; begin + kRun <= words.list.size(); ++begin)
    runs_.insert(run_hash(words, begin, kRun), 0);
}

bool ExampleTexts::copied(const Words& source, const Words& rewrite) const {
  const size_t count = rewrite.list.size();
  if (empty() || count < 2) return false;
  if (runs_.find(run_hash(rewrite, 0, count)) != WordTable::kAbsent && !same_words(source, rewrite))
    return true;
  for (size_t begin = 0; begin + kRun <= count; ++begin) {
    if (runs_.find(run_hash(rewrite, begin, kRun)) == WordTable::kAbsent ||
        holds_run(source, rewrite, begin, kRun))
      continue;
    // "in the middle of the" is English, not a copy: some of the run must be content.
    size_t content = 0;
    for (size_t i = begin; i < begin + kRun; ++i) {
      const WordClass kind = classify_word(rewrite.list[i].hash).kind;
      content += kind != WordClass::kFunction && kind != WordClass::kStyle;
    }
    if (content >= 2) return true;
  }
  return false;
}

bool starts_with_preamble(std::string_view source, std::string_view rewrite) {
  source = trimmed(source);
  rewrite = trimmed(rewrite);
  constexpr std::string_view kApostrophe = "\u2019";
  std::string plain;
  if (rewrite.find(kApostrophe) != std::string_view::npos) {
    plain = rewrite;
    for (size_t at; (at = plain.find(kApostrophe)) != std::string::npos;)
      plain.replace(at, kApostrophe.size(), "'");
    rewrite = plain;
  }
  for (std::string_view preamble : kPreambles) {
    if (starts_with(rewrite, preamble) && !starts_with(source, preamble)) return true;
  }
  return rewrite.find("=>") != std::string_view::npos &&
         source.find("=>") == std::string_view::npos;
}

bool same_words(const Words& source, const Words& rewrite) {
  return source.count == rewrite.count && source.list.size() == rewrite.list.size() &&
         std::equal(source.list.begin(), source.list.end(), rewrite.list.begin(),
                    [](const Word& a, const Word& b) { return a.hash == b.hash; });
}

bool repeats_itself(const Words& source, const Words& rewrite) {
  if (rewrite.list.size() < 3) return false;
  if (const int stutter = longest_stutter(rewrite);
      stutter >= 3 && stutter > longest_stutter(source))
    return true;
  if (rewrite.list.size() < 8) return false;
  if (const int most = most_repeated_run(rewrite, 4);
      most >= 2 && most > most_repeated_run(source, 4))
    return true;
  const int most = most_repeated_run(rewrite, 2);
  return most >= 4 && most > most_repeated_run(source, 2);
}

bool changes_language(const Reading& source, const Reading& rewrite) {
  int64_t letters = 0, strange = 0;
  for (int script = 0; script < Words::kScripts; ++script) {
    letters += rewrite.words.letter_count[script];
    if (source.words.letter_count[script] == 0) strange += rewrite.words.letter_count[script];
  }
  if (letters > 0 && 10 * strange >= letters) return true;
  const bool source_english = source.foreign_words <= source.function_words;
  const bool rewrite_foreign =
      rewrite.foreign_words >= 2 && rewrite.foreign_words > rewrite.function_words;
  const bool source_foreign =
      source.foreign_words >= 2 && source.foreign_words > source.function_words;
  const bool rewrite_english = rewrite.function_words >= 2 && rewrite.foreign_words == 0;
  return (source_english && rewrite_foreign) || (source_foreign && rewrite_english);
}

}  // namespace clipwright::audit::words
