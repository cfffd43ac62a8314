#include "models/onnx/layers.h"

#include <cmath>
#include <vector>

namespace clipwright::models::onnx {

Value Layers::layer_norm(const Value& x, const std::string& name, double epsilon) {
  const Value weight = graph.weight(name + ".weight", weights.at(name + ".weight"));
  const Value bias = graph.weight(name + ".bias", weights.at(name + ".bias"));
  return graph.node("LayerNormalization", {x, weight, bias},
                    {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(epsilon)}});
}

Value Layers::linear(const Value& x, const std::string& weight, const std::string& bias) {
  const Value matrix = graph.weight(weight, weights.at(weight).t());
  const Value product = graph.node("MatMul", {x, matrix});
  return bias.empty() ? product
                      : graph.node("Add", {product, graph.weight(bias, weights.at(bias))});
}

Value Layers::project(const Value& x, const std::string& matrix) {
  return graph.node("MatMul", {x, graph.weight(matrix, weights.at(matrix))});
}

Value Layers::activate(const Value& x, Activation activation) {
  if (activation == Activation::kQuickGelu) {
    const Value gate = graph.node("Sigmoid", {graph.node("Mul", {x, graph.number(1.702F)})});
    return graph.node("Mul", {x, gate});
  }
  // The error function's GELU; an operator of its own comes with version 20.
  const Value erf =
      graph.node("Erf", {graph.node("Div", {x, graph.number(static_cast<float>(std::sqrt(2.0)))})});
  const Value scaled = graph.node("Mul", {x, graph.node("Add", {erf, graph.number(1)})});
  return graph.node("Mul", {scaled, graph.number(0.5F)});
}

Value Layers::attention(const Value& q, const Value& k, const Value& v, int64_t head_width,
                        const Value& mask) {
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(head_width)));
  const Value scaled = graph.node("Mul", {q, graph.number(scale)});
  const Value turned = graph.node("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
  Value logits = graph.node("MatMul", {scaled, turned});
  if (!mask.empty()) logits = graph.node("Add", {logits, mask});
  const Value shares = graph.node("Softmax", {logits}, {{"axis", int64_t{-1}}});
  return graph.node("MatMul", {shares, v});
}

Value Layers::block(const Value& x, const std::string& name, const towers::BlockConfig& config,
                    const Value& mask) {
  const int64_t width = config.width, heads = config.heads, size = width / heads;
  const Value normed = layer_norm(x, name + "ln_1", config.norm_epsilon);
  const Value stacked = linear(normed, name + "attn.in_proj_weight", name + "attn.in_proj_bias");
  std::vector<Value> parts = graph.nodes("Split", {stacked, graph.integers({width, width, width})},
                                         3, {{"axis", int64_t{-1}}});
  const char* norms[] = {"attn.q_norm", "attn.k_norm"};
  for (size_t i = 0; i < 3; ++i) {
    parts[i] = graph.node("Reshape", {parts[i], graph.integers({0, 0, heads, size})});
    if (config.qk_norm && i < 2)
      parts[i] = layer_norm(parts[i], name + norms[i], config.norm_epsilon);
    parts[i] = graph.node("Transpose", {parts[i]}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  }
  const Value heads_out = attention(parts[0], parts[1], parts[2], size, mask);  // (B, H, L, D)
  const Value joined = graph.node(
      "Reshape",
      {graph.node("Transpose", {heads_out}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}}),
       graph.integers({0, 0, width})});
  const Value attended = linear(joined, name + "attn.out_proj.weight", name + "attn.out_proj.bias");
  const Value middle = graph.node("Add", {x, attended});
  const Value hidden = linear(layer_norm(middle, name + "ln_2", config.norm_epsilon),
                              name + "mlp.c_fc.weight", name + "mlp.c_fc.bias");
  return graph.node("Add", {middle, linear(activate(hidden, config.activation),
                                           name + "mlp.c_proj.weight", name + "mlp.c_proj.bias")});
}

Value Layers::unit_length(const Value& x) {
  const Value length =
      graph.node("ReduceL2", {x, graph.integers({-1})}, {{"keepdims", int64_t{1}}});
  return graph.node("Div", {x, graph.node("Max", {length, graph.number(1e-12F)})});
}

}  // namespace clipwright::models::onnx
