// Image-text retrieval with any number of captions a picture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"

namespace clipwright::eval {

struct RetrievalResult {
  int64_t pictures = 0, captions = 0;
  int64_t bad = 0;  ///< pictures that could not be read; they and their captions are left out
  std::vector<int64_t>
      image_rank;  ///< for each caption: pictures that score above its own (0: found first)
  std::vector<int64_t>
      text_rank;  ///< for each picture: captions that score above the best of its own

  /// Share of queries whose answer is among the first k.
  double image_recall(int k) const;
  double text_recall(int k) const;
  /// For each k: "image_retrieval_recall@k", "text_retrieval_recall@k".
  Json metrics(const std::vector<int>& recall_k) const;
};

/// Ranks over unit-length features of pictures (N, E) and captions (M, E); `owner[m]` is the
/// picture of caption m. Of equal scores the lower index comes first. The similarities are computed
/// in chunks: memory is N + M rows and one chunk.
RetrievalResult score_retrieval(const Tensor& pictures, const Tensor& captions,
                                const std::vector<int64_t>& owner, int64_t chunk = 1024);

/// The whole protocol. Rows of the set with the same key are one picture. Throws Error(kInput) when
/// there is no caption.
RetrievalResult evaluate_retrieval(models::Clip& model, const data::source::Dataset& pairs,
                                   const EvalOptions& options = {});

}  // namespace clipwright::eval
