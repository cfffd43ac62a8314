// Token-wise late interaction (FILIP, Yao et al. 2021): each patch looks for its token, each token
// for its patch, and pictures and texts are matched by how well that goes on average.
#pragma once

#include <cstdint>
#include <limits>

#include "losses/catalogue.h"
#include "losses/terms/token_similarity.h"

namespace clipwright::losses::terms {

inline constexpr int64_t kKeepAll = std::numeric_limits<int64_t>::max();

/// The two sides with the rows that are kept for comparison: of each picture and each text the
/// `keep` rows whose similarities with the own pair's other side have the largest sums, the lower
/// index of equals; all of what has no more. The choice carries no gradient. `patches` (N, P, D),
/// `tokens` (T, D), `offsets` int32 (N + 1) on the CPU.
struct FilipSides {
  RowGroups images, texts;
};
FilipSides filip_sides(const Tensor& patches, const Tensor& tokens, const Tensor& offsets,
                       int64_t keep);

/// A softmax over texts for each picture with s(i, l) = the mean over all patches of i of the
/// largest similarity to a kept token of l, and one over pictures for each text with s(l, i) = the
/// mean over all tokens of l of the largest to a kept patch of i; both cross-entropies against the
/// own pair, halved. `patches` (N, P, D), `tokens` (T, D) of unit length as given, `offsets` int32
/// (N + 1) on the CPU, `scale` a scalar. A scalar.
Tensor filip_loss(const Tensor& patches, const Tensor& tokens, const Tensor& offsets,
                  const Tensor& scale, int64_t keep);

/// View 0 and text slot 0, through a linear head a side and to unit length.
///
/// The published code lets the padding behind a text take part as tokens. Packed texts have none,
/// and its rows are no constants (each sees the text before it); with the option padding the tower
/// fills the texts up and gives them (`TextWants::padding`), and they are tokens like the others.
TermKind filip_kind();

}  // namespace clipwright::losses::terms
