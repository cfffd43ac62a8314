// What a model answers under one wording and under another: decisions from similarities, and how
// far they agree.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::eval::invariance {

constexpr int64_t kUndecided = -1;

/// For each query (Q, E) the group of the most similar item (I, E), rows of unit length;
/// `group[i]`, from 0, is what item i answers (a picture: itself; a caption: its picture).
/// kUndecided where items of two groups share the highest similarity: a model that cannot tell its
/// answers apart has none. Similarities are summed in double and compared in float32.
std::vector<int64_t> decide(const Tensor& queries, const Tensor& items,
                            const std::vector<int64_t>& group);

/// Two wordings of the same queries. Sums of several are counts over all of them; only the
/// agreement by chance is taken for each one alone.
struct Agreement {
  int64_t queries = 0;
  int64_t undecided = 0;       ///< under either wording; neither the same nor right
  int64_t same = 0;            ///< the same answer under both
  int64_t right = 0;           ///< with the first wording
  int64_t right_reworded = 0;  ///< with the second
  int64_t right_both = 0;
  double expected = 0;  ///< of the queries, how many would agree if the second answers were dealt
                        ///< out among the queries at random

  Agreement& operator+=(const Agreement& other);
  /// Share of the queries with the same answer; none without queries, like all shares here.
  std::optional<double> invariance() const;
  /// Cohen's kappa (1960): agreement beyond what answers that ignore the query reach. 1: always the
  /// same; 0: no more than that; none where chance alone agrees on everything.
  std::optional<double> kappa() const;
  std::optional<double> accuracy() const;
  std::optional<double> accuracy_reworded() const;
  std::optional<double> accuracy_both() const;
};

/// `answer[q]` is the right group of query q.
Agreement compare(const std::vector<int64_t>& first, const std::vector<int64_t>& second,
                  const std::vector<int64_t>& answer);

/// How far similarities of pictures (N, E) and texts (M, E) vary, at most 1,024 of each, evenly
/// chosen. Standard deviations; none of fewer than two.
struct Spread {
  std::optional<double> over_texts;     ///< of a picture with all texts; mean over pictures
  std::optional<double> over_pictures;  ///< of a text with all pictures; mean over texts
  /// Hardly any difference between texts, or between pictures: whatever is counted then is noise.
  bool collapsed() const;
};
Spread spread_of(const Tensor& pictures, const Tensor& texts);

}  // namespace clipwright::eval::invariance
