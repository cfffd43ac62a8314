// Image-text retrieval with any number of captions a picture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "eval/sample_outcomes.h"
#include "eval/scores/mutual_ranks.h"

namespace clipwright::eval {

struct RetrievalResult {
  int64_t pictures = 0, captions = 0;
  int64_t bad = 0;    ///< pictures that could not be read; they and their captions are left out
  int64_t blank = 0;  ///< captions without a word, left out
  std::vector<int64_t>
      image_rank;  ///< for each caption: pictures that score above its own (0: found first)
  std::vector<int64_t>
      text_rank;               ///< for each picture: captions that score above the best of its own
  std::vector<int64_t> owner;  ///< picture of each caption
  int folds = 1;               ///< parts that were ranked each by itself
  std::vector<int> fold;       ///< of each picture; empty where there is one
  std::vector<std::string> keys;  ///< of each picture; empty where none were given

  /// Share of queries whose answer is among the first k; with folds the mean of their shares.
  double image_recall(int k) const;
  double text_recall(int k) const;
  /// For each k: "image_retrieval_recall@k", "text_retrieval_recall@k"; "folds" where there are
  /// several.
  Json metrics(const std::vector<int>& recall_k) const;
  /// A row a picture, then a row a caption, named by `keys`; with folds their class is the fold,
  /// since the metrics are then means over folds.
  SampleOutcomes samples(const std::vector<int>& recall_k) const;
};

/// Ranks over unit-length features of pictures (N, E) and captions (M, E), as
/// `scores::mutual_ranks` has them: exact, of equal scores the lower index first, in the memory of
/// a tile.
RetrievalResult score_retrieval(const Tensor& pictures, const Tensor& captions,
                                const std::vector<int64_t>& owner,
                                const scores::RankTile& tile = {});

/// The same in disjoint parts that are ranked each by itself: picture n with its captions is in
/// part `fold[n]` of `folds`. COCO 1K is the mean over five parts of 1,000 (VSE++, arXiv
/// 1707.05612, section 4.1). Throws Error(kInput) when a part has no picture.
RetrievalResult score_retrieval_in_folds(const Tensor& pictures, const Tensor& captions,
                                         const std::vector<int64_t>& owner,
                                         const std::vector<int>& fold, int folds);

struct RetrievalOptions {
  int folds = 1;       ///< parts of the set by its order, equal in size to within a picture
  std::string prompt;  ///< put before every caption as it stands: "a photo of "
};

/// The whole protocol. Rows of the set with the same key are one picture. Throws Error(kInput) when
/// there is no caption, Error(kUsage) for less than one fold or more folds than pictures.
RetrievalResult evaluate_retrieval(models::Clip& model, const data::source::Dataset& pairs,
                                   const EvalOptions& options = {},
                                   const RetrievalOptions& protocol = {});

}  // namespace clipwright::eval
