// Nucleus sampling over raw logits, exact, and cheap enough that the model stays the cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"

namespace clipwright::language {

/// How the next token is chosen; LaCLIP's values by default.
struct Sampling {
  double temperature = 0.9;  ///< 0 takes the likeliest token
  double top_p = 0.95;  ///< nucleus: tokens are kept while the mass before them is at most this
  int max_tokens = 77;  ///< new tokens at most
};

/// Throws Error(kUsage) naming the flag that cannot be.
void check_sampling(const Sampling& sampling);

/// One token and its probability under softmax(logits / temperature).
struct TokenChance {
  int32_t token;
  float chance;
};

/// Draws tokens with temperature and top-p; throws Error(kFailed) when logits are not finite. Not
/// thread-safe (keeps its buffers); one serves any number of texts, the randomness comes from the
/// caller.
class NucleusSampler {
 public:
  /// The nucleus of `logits` (V): the likeliest tokens, best first, ties to the lower id, kept
  /// while the mass before them is at most `top_p`. Chances are of the full softmax, not
  /// renormalised. The view lives until the next call.
  std::span<const TokenChance> nucleus(std::span<const float> logits, double temperature,
                                       double top_p);

  /// A token drawn from the renormalised nucleus with one uniform number of `random`; the likeliest
  /// when temperature is 0.
  int32_t draw(std::span<const float> logits, const Sampling& sampling, Random& random);

 private:
  std::vector<float> weights_;
  std::vector<TokenChance> candidates_;
};

}  // namespace clipwright::language
