// What the towers give beside the features that everybody reads. Nothing of it is computed unless
// it is asked for.
#pragma once

#include "tensor/tensor.h"

namespace clipwright::models {

struct ImageRequest {
  bool pooled = false;   ///< the backbone's feature before the projection
  bool patches = false;  ///< the last block's row of every patch, before the last norm
};
struct ImageOutputs {
  Tensor embedding;  ///< (B, E), not of unit length
  Tensor pooled;     ///< (B, W)
  Tensor patches;    ///< (B, P, W)
};

struct TextRequest {
  bool tokens = false;      ///< the row of every token after the last norm
  bool both_sides = false;  ///< every token sees the whole text instead of what stands before it
  /// (W) the row that stands for the id just beyond the vocabulary; undefined: there is none.
  Tensor mask_token = {};
  /// Beginnings that texts share are computed once, where nothing else is asked for: for prompts,
  /// which differ in a word.
  bool share_prefixes = false;
};
struct TextOutputs {
  Tensor embedding;  ///< (N, E), not of unit length
  Tensor tokens;     ///< (T, W)
};

}  // namespace clipwright::models
