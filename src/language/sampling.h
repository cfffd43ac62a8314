// How the next token is chosen.
#pragma once

namespace clipwright::language {

/// LaCLIP's values by default.
struct Sampling {
  double temperature = 0.9;  ///< 0 takes the likeliest token
  double top_p = 0.95;  ///< nucleus: tokens are kept while the mass before them is at most this
  int max_tokens = 77;  ///< new tokens at most
};

}  // namespace clipwright::language
