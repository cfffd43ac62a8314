// One supervision signal. Terms say what they need; each tower pass is run once and shared by all
// of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tensor/parameter_table.h"

namespace clipwright::losses {

/// What a term needs from the towers this step.
struct Needs {
  int image_views = 1;
  bool all_texts = false;  ///< every text slot of a sample, not one
};

/// What the towers computed this step, gathered over the whole (global, accumulated) batch of N
/// pairs.
struct Features {
  std::vector<Tensor> images;  ///< one (N, E) of unit-length rows a view
  std::vector<Tensor> texts;   ///< one (N, E) of unit-length rows a text slot
  Tensor logit_scale;          ///< exp of the learned log scale, a scalar
};

class Term {
 public:
  virtual ~Term() = default;
  virtual std::string name() const = 0;
  virtual Needs needs() const { return {}; }
  /// A scalar; lower is better.
  virtual Tensor loss(const Features& features) = 0;
  /// Parameters and buffers of the term itself (heads, queues): trained and saved with the model's.
  virtual tensor::ParameterTable table() const { return {}; }
};

}  // namespace clipwright::losses
