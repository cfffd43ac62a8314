#include "models/onnx/layers.h"
#include "models/onnx/towers.h"

namespace clipwright::models::onnx {
namespace {

constexpr int64_t kExpansion = 4;
constexpr float kNormEpsilon = 1e-5F;

class ResNetGraph {
 public:
  ResNetGraph(const ModelConfig& config, files::PlainWeights& weights)
      : config_(config), weights_(weights) {}

  Graph build() {
    const int64_t side = config_.vision.image_size, width = config_.vision.width;
    Value x = graph_.input("image", torch::kFloat32, {"batch", 3, side, side});
    x = relu(conv_norm(x, "conv1", "bn1", 2));
    x = relu(conv_norm(x, "conv2", "bn2"));
    x = halved(relu(conv_norm(x, "conv3", "bn3")));
    int64_t channels = width;
    for (size_t stage = 0; stage < config_.vision.resnet_layers.size(); ++stage) {
      const int64_t planes = width << stage;
      for (int i = 0; i < config_.vision.resnet_layers[stage]; ++i) {
        const std::string name =
            "layer" + std::to_string(stage + 1) + "." + std::to_string(i) + ".";
        const bool halve = stage > 0 && i == 0;
        x = bottleneck(x, name, halve, halve || channels != planes * kExpansion);
        channels = planes * kExpansion;
      }
    }
    graph_.output("embedding", layers_.unit_length(attention_pool(x, channels)),
                  {"batch", config_.embed_dim});
    return std::move(graph_);
  }

 private:
  Value relu(const Value& x) { return graph_.node("Relu", {x}); }
  Value halved(const Value& x) {
    return graph_.node(
        "AveragePool", {x},
        {{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}});
  }

  Value conv_norm(const Value& x, const std::string& conv, const std::string& norm,
                  int64_t stride = 1) {
    const Tensor kernel = weights_.at("visual." + conv + ".weight");
    const int64_t size = kernel.size(2), pad = size / 2;
    const Value y = graph_.node("Conv", {x, graph_.weight(conv + ".weight", kernel)},
                                {{"kernel_shape", std::vector<int64_t>{size, size}},
                                 {"strides", std::vector<int64_t>{stride, stride}},
                                 {"pads", std::vector<int64_t>{pad, pad, pad, pad}}});
    std::vector<Value> inputs = {y};
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      inputs.push_back(graph_.weight(norm + part, weights_.at("visual." + norm + part)));
    return graph_.node("BatchNormalization", inputs, {{"epsilon", kNormEpsilon}});
  }

  Value bottleneck(const Value& x, const std::string& name, bool halve, bool reshaped) {
    Value y = relu(conv_norm(x, name + "conv1", name + "bn1"));
    y = relu(conv_norm(y, name + "conv2", name + "bn2"));
    if (halve) y = halved(y);
    y = conv_norm(y, name + "conv3", name + "bn3");
    const Value shortcut =
        reshaped ? conv_norm(halve ? halved(x) : x, name + "downsample.0", name + "downsample.1")
                 : x;
    return relu(graph_.node("Add", {y, shortcut}));
  }

  Value split_heads(const Value& rows, int64_t size) {
    const Value split =
        graph_.node("Reshape", {rows, graph_.integers({0, -1, config_.vision.heads, size})});
    return graph_.node("Transpose", {split}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  }

  /// (B, C, H, W) to (B, E): one query, the mean over places, attends to itself and all places.
  Value attention_pool(const Value& x, int64_t channels) {
    const std::string pool = "visual.attnpool.";
    const int64_t size = channels / config_.vision.heads;
    const Value places =
        graph_.node("Transpose", {graph_.node("Reshape", {x, graph_.integers({0, channels, -1})})},
                    {{"perm", std::vector<int64_t>{0, 2, 1}}});  // (B, HW, C)
    const Value mean =
        graph_.node("ReduceMean", {places, graph_.integers({1})}, {{"keepdims", int64_t{1}}});
    const Value rows =
        graph_.node("Add", {graph_.node("Concat", {mean, places}, {{"axis", int64_t{1}}}),
                            graph_.weight("attnpool.positional_embedding",
                                          weights_.at(pool + "positional_embedding"))});
    const Value first = graph_.node("Slice", {rows, graph_.integers({0}), graph_.integers({1}),
                                              graph_.integers({1})});  // (B, 1, C)
    const auto linear = [&](const Value& from, const std::string& name) {
      return layers_.linear(from, pool + name + ".weight", pool + name + ".bias");
    };
    const Value pooled = layers_.attention(
        split_heads(linear(first, "q_proj"), size), split_heads(linear(rows, "k_proj"), size),
        split_heads(linear(rows, "v_proj"), size), size, "");  // (B, H, 1, D)
    return linear(graph_.node("Reshape", {pooled, graph_.integers({0, channels})}), "c_proj");
  }

  const ModelConfig& config_;
  files::PlainWeights& weights_;
  Graph graph_{"visual"};
  Layers layers_{graph_, weights_};
};

}  // namespace

Graph modified_resnet_graph(const ModelConfig& config, files::PlainWeights& weights) {
  return ResNetGraph(config, weights).build();
}

}  // namespace clipwright::models::onnx
