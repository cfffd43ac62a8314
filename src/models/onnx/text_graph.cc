#include <limits>

#include "models/onnx/layers.h"
#include "models/onnx/towers.h"

namespace clipwright::models::onnx {

Graph text_graph(const ModelConfig& config, files::PlainWeights& weights) {
  const TextConfig& text = config.text;
  const int64_t length = text.context_length, width = text.width;
  Graph graph("textual");
  Layers layers{graph, weights};
  const Value ids = graph.input("text", torch::kInt32, {"batch", length});
  const Value table = graph.weight("token_embedding.weight", weights.token_rows(text));
  Value x =
      graph.node("Add", {graph.node("Gather", {table, ids}, {{"axis", int64_t{0}}}),
                         graph.weight("positional_embedding", weights.at("positional_embedding"))});
  const Value mask =
      graph.weight("causal_mask",
                   torch::full({length, length}, -std::numeric_limits<float>::infinity()).triu(1));
  const towers::BlockConfig block{width, text.heads, text.mlp_ratio, text.activation, 1e-5, false};
  for (int i = 0; i < text.layers; ++i)
    x = layers.block(x, "transformer.resblocks." + std::to_string(i) + ".", block, mask);
  const Value end =
      graph.node("ArgMax", {ids}, {{"axis", int64_t{1}}, {"keepdims", int64_t{1}}});  // (B, 1)
  const Value row = graph.node("GatherND", {x, end}, {{"batch_dims", int64_t{1}}});   // (B, W)
  Value features = layers.project(layers.layer_norm(row, "ln_final", 1e-5), "text_projection");
  if (text.projection_bias) {
    features = graph.node("Add", {features, graph.weight("text_projection.bias",
                                                         weights.at("text_projection.bias"))});
  }
  graph.output("embedding", layers.unit_length(features), {"batch", config.embed_dim});
  return graph;
}

}  // namespace clipwright::models::onnx
