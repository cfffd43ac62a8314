#include "models/towers/residual_block.h"

#include "tensor/linear.h"

namespace clipwright::models::towers {

Tensor activate(const Tensor& x, Activation activation) {
  return activation == Activation::kGelu ? at::gelu(x) : tensor::quick_gelu(x);
}

ResidualBlock::ResidualBlock(const BlockConfig& c) : config(c) {
  const int64_t width = c.width,
                hidden = static_cast<int64_t>(static_cast<double>(width) * c.mlp_ratio),
                size = width / c.heads;
  const auto parameter = [this](const char* name, torch::IntArrayRef shape, double value = 0) {
    // Module names may not hold dots; clip.cc gives every tensor the name it has in files.
    return register_parameter(name, torch::full(shape, value, torch::kFloat32));
  };
  ln_1_weight = parameter("ln_1_weight", {width}, 1);
  ln_1_bias = parameter("ln_1_bias", {width});
  in_proj_weight = parameter("in_proj_weight", {3 * width, width});
  in_proj_bias = parameter("in_proj_bias", {3 * width});
  out_proj_weight = parameter("out_proj_weight", {width, width});
  out_proj_bias = parameter("out_proj_bias", {width});
  ln_2_weight = parameter("ln_2_weight", {width}, 1);
  ln_2_bias = parameter("ln_2_bias", {width});
  c_fc_weight = parameter("c_fc_weight", {hidden, width});
  c_fc_bias = parameter("c_fc_bias", {hidden});
  c_proj_weight = parameter("c_proj_weight", {width, hidden});
  c_proj_bias = parameter("c_proj_bias", {width});
  if (c.qk_norm) {
    q_norm_weight = parameter("q_norm_weight", {size}, 1);
    q_norm_bias = parameter("q_norm_bias", {size});
    k_norm_weight = parameter("k_norm_weight", {size}, 1);
    k_norm_bias = parameter("k_norm_bias", {size});
  }
}

Tensor ResidualBlock::norm_1(const Tensor& x) {
  return at::layer_norm(x, {config.width}, ln_1_weight, ln_1_bias, config.norm_epsilon);
}

Tensor ResidualBlock::query_key_value(const Tensor& x) {
  const int64_t size = config.width / config.heads;
  const Tensor normed = norm_1(x);
  const Tensor qkv = with_low_rank(tensor::linear_layer(normed, in_proj_weight, in_proj_bias),
                                   normed, config.width, {&low_rank.q, &low_rank.k, &low_rank.v})
                         .view({x.size(0), 3, config.heads, size});
  if (!config.qk_norm) return qkv;
  const Tensor q =
      at::layer_norm(qkv.select(1, 0), {size}, q_norm_weight, q_norm_bias, config.norm_epsilon);
  const Tensor k =
      at::layer_norm(qkv.select(1, 1), {size}, k_norm_weight, k_norm_bias, config.norm_epsilon);
  return at::stack({q, k, qkv.select(1, 2)}, 1);
}

Tensor ResidualBlock::key_value(const Tensor& normed) {
  const int64_t width = config.width, size = width / config.heads;
  const Tensor kv =
      with_low_rank(tensor::linear_layer(normed, in_proj_weight.narrow(0, width, 2 * width),
                                         in_proj_bias.narrow(0, width, 2 * width)),
                    normed, width, {&low_rank.k, &low_rank.v})
          .view({normed.size(0), 2, config.heads, size});
  if (!config.qk_norm) return kv;
  return at::stack(
      {at::layer_norm(kv.select(1, 0), {size}, k_norm_weight, k_norm_bias, config.norm_epsilon),
       kv.select(1, 1)},
      1);
}

Tensor ResidualBlock::query(const Tensor& chosen) {
  const int64_t width = config.width, size = width / config.heads;
  const Tensor q = with_low_rank(tensor::linear_layer(chosen, in_proj_weight.narrow(0, 0, width),
                                                      in_proj_bias.narrow(0, 0, width)),
                                 chosen, width, {&low_rank.q})
                       .view({chosen.size(0), config.heads, size});
  return config.qk_norm ? at::layer_norm(q, {size}, q_norm_weight, q_norm_bias, config.norm_epsilon)
                        : q;
}

Tensor ResidualBlock::finish(const Tensor& x, const Tensor& attended) {
  const int64_t width = config.width;
  const Tensor middle =
      x + with_low_rank(tensor::linear_layer(attended, out_proj_weight, out_proj_bias), attended,
                        width, {&low_rank.o});
  const Tensor normed =
      at::layer_norm(middle, {width}, ln_2_weight, ln_2_bias, config.norm_epsilon);
  const Tensor hidden = activate(with_low_rank(tensor::linear_layer(normed, c_fc_weight, c_fc_bias),
                                               normed, c_fc_weight.size(0), {&low_rank.c_fc}),
                                 config.activation);
  return middle + with_low_rank(tensor::linear_layer(hidden, c_proj_weight, c_proj_bias), hidden,
                                width, {&low_rank.c_proj});
}

}  // namespace clipwright::models::towers
