#include <limits>

#include "models/onnx/layers.h"
#include "models/onnx/towers.h"

namespace clipwright::models::onnx {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();

}  // namespace

Graph vision_transformer_graph(const ModelConfig& config, files::PlainWeights& weights) {
  const VisionConfig& vision = config.vision;
  const int64_t side = vision.image_size, patch = vision.patch_size, width = vision.width;
  Graph graph("visual");
  Layers layers{graph, weights};
  const Value image = graph.input("image", torch::kFloat32, {"batch", 3, side, side});
  std::vector<Value> inputs = {image,
                               graph.weight("conv1.weight", weights.at("visual.conv1.weight"))};
  if (vision.patch_bias)
    inputs.push_back(graph.weight("conv1.bias", weights.at("visual.conv1.bias")));
  const Value patches =
      graph.node("Conv", inputs,
                 {{"kernel_shape", std::vector<int64_t>{patch, patch}},
                  {"strides", std::vector<int64_t>{patch, patch}}});  // (B, W, G, G)
  const Value rows =
      graph.node("Transpose", {graph.node("Reshape", {patches, graph.integers({0, width, -1})})},
                 {{"perm", std::vector<int64_t>{0, 2, 1}}});  // (B, G * G, W)
  const Value batch = graph.node("Shape", {image}, {{"start", int64_t{0}}, {"end", int64_t{1}}});
  const Value shape =
      graph.node("Concat", {batch, graph.integers({1, width})}, {{"axis", int64_t{0}}});
  const Value class_token = graph.node(
      "Expand",
      {graph.weight("class_embedding", weights.at("visual.class_embedding").view({1, 1, width})),
       shape});
  const Value all = graph.node("Concat", {class_token, rows}, {{"axis", int64_t{1}}});
  Value x = graph.node("Add", {all, graph.weight("positional_embedding",
                                                 weights.at("visual.positional_embedding"))});
  if (vision.norm_before_blocks) x = layers.layer_norm(x, "visual.ln_pre", vision.norm_epsilon);
  const towers::BlockConfig block{
      width,         vision.heads, vision.mlp_ratio, vision.activation, vision.norm_epsilon,
      vision.qk_norm};
  for (int i = 0; i < vision.layers; ++i)
    x = layers.block(x, "visual.transformer.resblocks." + std::to_string(i) + ".", block);
  // (B, W): the class token's row, or the mean of the patches' rows behind the last norm.
  const auto last_norm = [&](const Value& y) {
    return layers.layer_norm(y, "visual.ln_post", vision.norm_epsilon);
  };
  Value pooled;
  if (vision.mean_pooling) {
    const Value places = graph.node(
        "Slice", {x, graph.integers({1}), graph.integers({kToTheEnd}), graph.integers({1})});
    pooled = graph.node("ReduceMean", {last_norm(places), graph.integers({1})},
                        {{"keepdims", int64_t{0}}});
  } else {
    pooled = last_norm(graph.node("Gather",
                                  {x, graph.weight("class_row", torch::tensor(0, torch::kInt64))},
                                  {{"axis", int64_t{1}}}));
  }
  Value features = layers.project(pooled, "visual.proj");
  if (vision.projection_bias) {
    features = graph.node(
        "Add", {features, graph.weight("visual.proj.bias", weights.at("visual.proj.bias"))});
  }
  graph.output("embedding", layers.unit_length(features), {"batch", config.embed_dim});
  return graph;
}

}  // namespace clipwright::models::onnx
