// What the towers gave for a batch of N pairs, and what of it somebody reads. Wants decide what is
// computed: a tower gives no row that no term asks for.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::losses {

/// What is read of an image view.
struct ImageWants {
  bool embedding = false;  ///< before or after unit length; what nobody reads is not trained
  bool pooled = false;     ///< the backbone's feature before the projection
  bool patches = false;    ///< every patch's row before the tower's last norm
  bool branches = false;   ///< the embeddings of the objective's further class tokens
};
/// What is read of a text slot.
struct TextWants {
  bool embedding = false;
  bool tokens = false;   ///< every token's row after the tower's last norm
  bool padding = false;  ///< among these the rows of id 0 behind a text, up to the context length
};

/// What a term reads. Views and slots are numbered as the objective lists them.
struct Wants {
  std::vector<ImageWants> views;
  std::vector<TextWants> texts;
  bool rewrites = false;  ///< embeddings of every other text that the pairs have, beside slot 0
  bool scale = false;     ///< the model's logit scale

  /// Both together.
  void join(const Wants& other);

  bool any_image_embedding() const;
  bool any_text_embedding() const;
};

/// One view of N pictures. W is the backbone's width, E the width both towers share.
struct ImageFeatures {
  Tensor embedding;      ///< (N, E) as the tower gives it
  Tensor unit;           ///< (N, E) of unit length
  Tensor pooled;         ///< (N, W), only where somebody wants it
  Tensor patches;        ///< (N, P, W), the same
  Tensor branches;       ///< (N, K, E), the same, of the K further class tokens
  Tensor unit_branches;  ///< (N, K, E), each row of unit length
};

/// One text slot of N pairs. T tokens in all, without padding; W is the text tower's width.
struct TextFeatures {
  Tensor embedding;  ///< (N, E)
  Tensor unit;       ///< (N, E)
  Tensor tokens;     ///< (T, W), only where somebody wants it
  Tensor offsets;    ///< int32 (N + 1) on the CPU: text n is rows offsets[n] .. offsets[n + 1)
  Tensor targets;    ///< int64 (T) on the CPU: the token that a mask hides, or -1; only of masked
                     ///< slots
};

struct Features {
  std::vector<ImageFeatures> views;
  std::vector<TextFeatures> texts;
  std::vector<TextFeatures> rewrites;  ///< slots 1..M of the pairs where all texts are brought
  Tensor logit_scale;                  ///< exp of the learned log scale, a scalar

  int64_t pairs() const;  ///< N
};

/// Rows of unit length, by the steps of torch's normalize and so to the same bits.
Tensor unit_rows(const Tensor& rows);

}  // namespace clipwright::losses
