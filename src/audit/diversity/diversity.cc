#include "audit/diversity/diversity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/log.h"
#include "core/words.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::audit::diversity {
namespace {

constexpr size_t kOpeners = 10, kPrefixes = 100, kMostOpening = 96;

uint64_t mix(uint64_t hash, uint64_t word) {
  uint64_t x = (hash ^ word) * 0x9fb21c651e98df25ULL;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  return x ^ (x >> 32);
}

uint64_t ngram(const std::vector<uint64_t>& words, size_t begin, size_t length) {
  uint64_t hash = length;
  for (size_t i = begin; i < begin + length; ++i) hash = mix(hash, words[i]);
  return hash;
}

/// A token is at least a byte, so that most captions need not be tokenised to know that they fit.
bool beyond_context(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) == 0; });
  if (plain && text.size() <= text::bpe::kContextLength - 2) return false;
  // 8 KB are more than 77 tokens unless they are blank; a megabyte of one word takes minutes.
  constexpr size_t kMostLooked = size_t{1} << 13;
  thread_local std::vector<int32_t> ids;
  ids.clear();
  text::bpe::Tokenizer::standard().encode(text.substr(0, kMostLooked), ids,
                                          text::bpe::kContextLength + 1);
  return ids.size() > text::bpe::kContextLength;
}

int64_t count_repeated(const std::vector<uint64_t>& words) {
  if (words.size() < 5) return 0;
  thread_local std::vector<uint64_t> runs;
  runs.clear();
  for (size_t i = 0; i + 4 <= words.size(); ++i) runs.push_back(ngram(words, i, 4));
  std::sort(runs.begin(), runs.end());
  int64_t repeated = 0;
  for (size_t i = 1; i < runs.size(); ++i) repeated += runs[i] == runs[i - 1];
  return repeated;
}

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double mass(const std::vector<FrequentText>& texts, size_t count, int64_t whole) {
  int64_t sum = 0;
  for (size_t i = 0; i < std::min(count, texts.size()); ++i) sum += texts[i].count;
  return share(sum, whole);
}

std::string formatted(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

void mark_text(std::string_view text, lexicon::Words& words, TextMarks& marks) {
  lexicon::split_words(text, words);
  marks.words.clear();
  for (const lexicon::Word& word : words.list) marks.words.push_back(word.hash);
  marks.word_count = words.count;
  marks.fourgrams = std::max<int64_t>(0, static_cast<int64_t>(marks.words.size()) - 3);
  marks.repeated_fourgrams = count_repeated(marks.words);
  marks.truncated = beyond_context(text);
  marks.opening.clear();
  marks.two_words = 0;
  for (size_t i = 0; i < std::min<size_t>(3, words.list.size()); ++i) {
    if (i > 0) marks.opening += ' ';
    marks.opening += words.text(words.list[i]).substr(0, kMostOpening / 3);
    if (i < 2) marks.two_words = marks.opening.size();
  }
  sketch_text(marks.words, marks.sketch);
}

void Diversity::add(const TextMarks& marks) {
  ++texts_;
  words_ += marks.word_count;
  truncated_ += marks.truncated;
  fourgrams_ += marks.fourgrams;
  repeated_fourgrams_ += marks.repeated_fourgrams;
  repeating_texts_ += marks.repeated_fourgrams > 0;
  ++lengths_[std::min(static_cast<size_t>(marks.word_count), kLongest)];
  for (size_t n = 1; n <= distinct_.size(); ++n) {
    for (size_t i = 0; i + n <= marks.words.size(); ++i)
      distinct_[n - 1].add(ngram(marks.words, i, n));
    ngrams_[n - 1] += std::max<int64_t>(
        0, static_cast<int64_t>(marks.words.size()) - static_cast<int64_t>(n) + 1);
  }
  if (marks.words.empty()) return;
  distinct_texts_.add(mix(1, marks.sketch.text));
  three_words_.add(marks.opening);
  two_words_.add(std::string_view(marks.opening).substr(0, marks.two_words));
  near_duplicates_.add(marks.sketch);
}

void Diversity::merge(const Diversity& other) {
  texts_ += other.texts_;
  words_ += other.words_;
  truncated_ += other.truncated_;
  fourgrams_ += other.fourgrams_;
  repeated_fourgrams_ += other.repeated_fourgrams_;
  repeating_texts_ += other.repeating_texts_;
  for (size_t i = 0; i < lengths_.size(); ++i) lengths_[i] += other.lengths_[i];
  for (size_t n = 0; n < distinct_.size(); ++n) {
    ngrams_[n] += other.ngrams_[n];
    distinct_[n].merge(other.distinct_[n]);
  }
  distinct_texts_.merge(other.distinct_texts_);
  two_words_.merge(other.two_words_);
  three_words_.merge(other.three_words_);
  near_duplicates_.merge(other.near_duplicates_);
}

DiversityReport Diversity::report() const {
  DiversityReport report;
  report.texts = texts_;
  report.empty = lengths_[0];
  report.mean_words = share(words_, texts_);
  const auto percentile = [&](double part) {
    int64_t seen = 0;
    for (size_t length = 0; length < lengths_.size(); ++length) {
      seen += lengths_[length];
      if (static_cast<double>(seen) >= part * static_cast<double>(texts_))
        return static_cast<int64_t>(length);
    }
    return int64_t{0};
  };
  report.shortest_words = percentile(0.05);
  report.median_words = percentile(0.5);
  report.longest_words = percentile(0.95);
  report.lengths.assign(lengths_.begin(), lengths_.end());
  report.truncated = share(truncated_, texts_);
  const std::vector<FrequentText> prefixes = three_words_.top(kPrefixes);
  report.opener_rate_2 = mass(two_words_.top(kOpeners), kOpeners, texts_);
  report.opener_rate_3 = mass(prefixes, kOpeners, texts_);
  report.top_100_prefix_mass = mass(prefixes, kPrefixes, texts_);
  report.openers.assign(prefixes.begin(), prefixes.begin() + static_cast<int64_t>(std::min(
                                                                 kOpeners, prefixes.size())));
  const int64_t with_words = texts_ - report.empty;
  report.estimated = !distinct_texts_.exact() || near_duplicates_.sampled() ||
                     two_words_.error() > 0 || three_words_.error() > 0;
  for (size_t n = 0; n < distinct_.size(); ++n) {
    report.distinct[n] = std::min(1.0, share(distinct_[n].count(), ngrams_[n]));
    report.estimated |= !distinct_[n].exact();
  }
  report.repeated_fourgrams = share(repeated_fourgrams_, fourgrams_);
  report.repeating_texts = share(repeating_texts_, texts_);
  report.exact_duplicates =
      with_words > 0 ? std::max(0.0, 1 - share(distinct_texts_.count(), with_words)) : 0;
  report.near_duplicates = near_duplicates_.share();
  report.near_duplicates_of = near_duplicates_.looked_at();
  return report;
}

Json DiversityReport::to_json() const {
  Json beginnings = Json::array();
  for (const FrequentText& opener : openers)
    beginnings.push_back({{"text", opener.text}, {"count", opener.count}});
  return {{"texts", texts},
          {"empty", empty},
          {"words",
           {{"mean", rounded(mean_words)},
            {"p5", shortest_words},
            {"median", median_words},
            {"p95", longest_words},
            {"histogram", lengths}}},
          {"truncated_at_77_tokens", rounded(truncated)},
          {"opener_rate_2", rounded(opener_rate_2)},
          {"opener_rate_3", rounded(opener_rate_3)},
          {"top_100_prefix_mass", rounded(top_100_prefix_mass)},
          {"openers", beginnings},
          {"distinct_1", rounded(distinct[0])},
          {"distinct_2", rounded(distinct[1])},
          {"distinct_3", rounded(distinct[2])},
          {"repeated_4grams", rounded(repeated_fourgrams)},
          {"texts_repeating_a_4gram", rounded(repeating_texts)},
          {"exact_duplicates", rounded(exact_duplicates)},
          {"near_duplicates", rounded(near_duplicates)},
          {"near_duplicates_of", near_duplicates_of},
          {"estimated", estimated}};
}

std::vector<DiversityRow> diversity_rows(const DiversityReport& report) {
  const auto percent = [](double value) { return formatted("%.1f %%", 100 * value); };
  return {
      {"texts", "counted", with_commas(report.texts)},
      {"words, mean", "words in a text", formatted("%.1f", report.mean_words)},
      {"words, 5 % - 95 %", "nine texts of ten are between these lengths",
       std::to_string(report.shortest_words) + " - " + std::to_string(report.longest_words)},
      {"cut at 77 tokens", "longer than CLIP's text tower reads", percent(report.truncated)},
      {"opener rate, 2 words", "begin with one of the 10 commonest two words",
       percent(report.opener_rate_2)},
      {"opener rate, 3 words", "begin with one of the 10 commonest three words",
       percent(report.opener_rate_3)},
      {"top-100 prefix mass", "begin with one of the 100 commonest three words",
       percent(report.top_100_prefix_mass)},
      {"distinct-1", "distinct words over words", formatted("%.3f", report.distinct[0])},
      {"distinct-2", "distinct word pairs over word pairs", formatted("%.3f", report.distinct[1])},
      {"distinct-3", "distinct word triples over word triples",
       formatted("%.3f", report.distinct[2])},
      {"repeated 4-grams", "4-grams that their own text held before",
       percent(report.repeated_fourgrams)},
      {"exact duplicates", "say the words of an earlier text", percent(report.exact_duplicates)},
      {"near-duplicates",
       "distinct texts that share 0.7 of their words and word pairs with another",
       percent(report.near_duplicates)},
  };
}

}  // namespace clipwright::audit::diversity
