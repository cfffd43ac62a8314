// Masked words (Devlin et al. 2019; DeCLIP, Li et al. 2022, section 3.2): the hidden words of a
// text are predicted from what the tower made of the others.
#pragma once

#include <cstdint>

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

struct MaskedWords {
  Tensor sum;         ///< a scalar: the sum of the words' cross-entropies
  Tensor right;       ///< int64, a scalar: words whose own score is the largest
  int64_t words = 0;  ///< R
};
/// The head's guesses at `targets` int64 (R) from `rows` (R, W) by `weight` (V, W) and `bias` (V).
/// `targets` may lie on the CPU wherever the rest is; nothing is then waited for.
/// Scores (R, V) are made some rows at a time, 64 MB of them at most, and again in the backward
/// pass. With R = 0 the sum and its gradients are 0. Throws Error(kInput) for a target that V does
/// not have.
MaskedWords masked_words(const Tensor& rows, const Tensor& targets, const Tensor& weight,
                         const Tensor& bias);

/// The mean over the R words, 0 for R = 0. Arguments as above. A scalar.
Tensor masked_lm_loss(const Tensor& rows, const Tensor& targets, const Tensor& weight,
                      const Tensor& bias);

/// The hidden words of every masked slot; only their rows go through the head. V is the model's own
/// vocabulary: a target is always a word of the text, never the mask, so the mask's row that the
/// published head carries would only ever be pushed down.
TermKind masked_lm_kind();

}  // namespace clipwright::losses::terms
