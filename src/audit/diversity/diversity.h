// How varied the texts of a corpus are, by their surface: beginnings, n-grams, repetition, lengths,
// near-duplicates. A rewriter that says everything in one way shows here, not pair by pair.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/diversity/distinct_sample.h"
#include "audit/diversity/frequent_texts.h"
#include "audit/diversity/near_duplicates.h"
#include "core/json.h"
#include "lexicon/words.h"

namespace clipwright::audit::diversity {

/// What is kept of one text to count it: the costly part, computed in any thread.
struct TextMarks {
  std::vector<uint64_t> words;  ///< hashes, at most Words::kMostWords
  int64_t word_count = 0;
  int64_t fourgrams = 0, repeated_fourgrams = 0;
  bool truncated = false;  ///< longer than CLIP's 77 tokens
  std::string opening;     ///< the first three words, separated by blanks
  size_t two_words = 0;    ///< bytes of `opening` that hold the first two
  MinHash sketch;
};
/// Fills `marks`; `words` is a buffer.
void mark_text(std::string_view text, lexicon::Words& words, TextMarks& marks);

/// Shares are of all texts, 0 when there are none.
struct DiversityReport {
  int64_t texts = 0, empty = 0;
  double mean_words = 0;
  int64_t median_words = 0, shortest_words = 0, longest_words = 0;  ///< percentiles 50, 5 and 95
  std::vector<int64_t> lengths;  ///< texts of 0, 1, 2, ... words; the last: that many and more
  double truncated = 0;          ///< share cut at 77 CLIP tokens
  double opener_rate_2 = 0, opener_rate_3 = 0;  ///< share that begin with one of the 10 commonest
                                                ///< two- or three-word beginnings
  double top_100_prefix_mass = 0;  ///< share that begin with one of the 100 commonest three words
  std::vector<FrequentText> openers;  ///< the commonest three-word beginnings
  std::array<double, 3> distinct{};   ///< distinct-n: distinct n-grams over n-grams
  double repeated_fourgrams = 0;      ///< share of 4-grams that their text held before
  double repeating_texts = 0;         ///< share of texts with such a 4-gram
  double exact_duplicates = 0;        ///< share of texts whose words another text had before
  double near_duplicates = 0;         ///< share of distinct texts that resemble another one
  int64_t near_duplicates_of = 0;     ///< distinct texts looked at for that
  bool estimated = false;             ///< some structure was full and sampled
  Json to_json() const;
};

/// Counts a stream of texts. Memory is bounded: at most 32 MB for distinct n-grams and texts, 20 MB
/// for beginnings and 8 MB for near-duplicates, reached at some 100,000 texts; from there on these
/// values are estimates.
class Diversity {
 public:
  static constexpr size_t kLongest = 80;
  void add(const TextMarks& marks);
  void merge(const Diversity& other);
  DiversityReport report() const;
  int64_t texts() const { return texts_; }

 private:
  int64_t texts_ = 0, words_ = 0, truncated_ = 0, fourgrams_ = 0, repeated_fourgrams_ = 0,
          repeating_texts_ = 0;
  std::array<int64_t, kLongest + 1> lengths_{};
  std::array<int64_t, 3> ngrams_{};
  std::array<DistinctSample, 3> distinct_;
  DistinctSample distinct_texts_;
  FrequentTexts two_words_, three_words_;
  NearDuplicates near_duplicates_;
};

/// One measure as people read it.
struct DiversityRow {
  std::string name, meaning, value;
};
std::vector<DiversityRow> diversity_rows(const DiversityReport& report);

}  // namespace clipwright::audit::diversity
