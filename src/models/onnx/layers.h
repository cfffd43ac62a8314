// Layers of CLIP's towers as nodes of a graph. Weights are read by open_clip's names.
#pragma once

#include <string>

#include "models/files/plain_weights.h"
#include "models/onnx/graph.h"
#include "models/towers/residual_block.h"

namespace clipwright::models::onnx {

/// A graph and the weights that its nodes take.
struct Layers {
  Graph& graph;
  files::PlainWeights& weights;

  /// Over the last axis, by NAME.weight and NAME.bias.
  Value layer_norm(const Value& x, const std::string& name, double epsilon);
  /// x W^T + b for W (out, in) and b (out) under these names; without a bias where it is "".
  Value linear(const Value& x, const std::string& weight, const std::string& bias);
  /// x P for P (in, out).
  Value project(const Value& x, const std::string& matrix);
  Value activate(const Value& x, Activation activation);
  /// The block NAME ("transformer.resblocks.0.") over (B, L, W). `mask` (L, L) is added to the
  /// attention's logits; "": every row sees every other.
  Value block(const Value& x, const std::string& name, const towers::BlockConfig& config,
              const Value& mask = "");
  /// softmax(q k^T / sqrt(D) + mask) v for (B, H, L, D) of one head width D.
  Value attention(const Value& q, const Value& k, const Value& v, int64_t head_width,
                  const Value& mask);
  /// Rows to length one, as torch's normalize does.
  Value unit_length(const Value& x);
};

}  // namespace clipwright::models::onnx
