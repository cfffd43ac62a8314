// What the towers give beside the features that everybody reads. Nothing of it is computed unless
// it is asked for.
#pragma once

#include "tensor/tensor.h"

namespace clipwright::models {

struct ImageRequest {
  bool pooled = false;   ///< the backbone's feature before the projection
  bool patches = false;  ///< the last block's row of every patch, before the last norm
  /// (K, W) further class tokens. Each goes through the blocks beside the picture's own rows, sees
  /// these and itself, and no row sees it: what the tower gives without them stays as it is. Vision
  /// transformers alone; undefined: there are none.
  Tensor class_tokens = {};
  /// int64 (B, K) the patches of each picture that are looked at, the class token beside them;
  /// undefined: all. Vision transformers alone.
  Tensor kept_patches = {};
};
struct ImageOutputs {
  Tensor embedding;  ///< (B, E), not of unit length
  Tensor pooled;     ///< (B, W)
  Tensor patches;    ///< (B, P, W)
  Tensor branches;   ///< (B, K, E), the further class tokens' embeddings
};

struct TextRequest {
  bool tokens = false;      ///< the row of every token after the last norm
  bool both_sides = false;  ///< every token sees the whole text instead of what stands before it
  /// With `tokens` and without `both_sides`: each text is filled up with id 0 to the context
  /// length, and the rows of that padding are among its tokens'. They see the text; it does not see
  /// them.
  bool padding = false;
  /// (W) the row that stands for the id just beyond the vocabulary; undefined: there is none.
  Tensor mask_token = {};
  /// Beginnings that texts share are computed once, where nothing else is asked for: for prompts,
  /// which differ in a word.
  bool share_prefixes = false;
};
struct TextOutputs {
  Tensor embedding;  ///< (N, E), not of unit length
  Tensor tokens;     ///< (T, W)
  Tensor offsets;  ///< int32 (N + 1) on the CPU: tokens of text n are offsets[n] .. offsets[n + 1)
};

}  // namespace clipwright::models
