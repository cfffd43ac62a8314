#include "models/modified_resnet.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::models {
namespace {

constexpr int64_t kExpansion = 4;
constexpr double kNormEpsilon = 1e-5;

}  // namespace

Tensor ModifiedResNet::add_parameter(const std::string& name, torch::IntArrayRef shape,
                                     double value) {
  std::string plain = name;  // module names may not hold dots
  std::replace(plain.begin(), plain.end(), '.', '_');
  Tensor parameter = register_parameter(plain, torch::full(shape, value, torch::kFloat32));
  state_.emplace_back("visual." + name, parameter);
  return parameter;
}

Tensor ModifiedResNet::add_statistic(const std::string& name, const Tensor& value) {
  std::string plain = name;
  std::replace(plain.begin(), plain.end(), '.', '_');
  Tensor buffer = register_buffer(plain, value);
  state_.emplace_back("visual." + name, buffer);
  return buffer;
}

ModifiedResNet::ConvNorm ModifiedResNet::add_conv_norm(const std::string& conv,
                                                       const std::string& norm, int64_t in,
                                                       int64_t out, int64_t kernel, int stride) {
  ConvNorm unit;
  unit.stride = stride;
  unit.kernel = add_parameter(conv + ".weight", {out, in, kernel, kernel}, 0);
  unit.scale = add_parameter(norm + ".weight", {out}, 1);
  unit.shift = add_parameter(norm + ".bias", {out}, 0);
  unit.mean = add_statistic(norm + ".running_mean", torch::zeros({out}));
  unit.variance = add_statistic(norm + ".running_var", torch::ones({out}));
  add_statistic(norm + ".num_batches_tracked", torch::zeros({}, torch::kInt64));
  return unit;
}

Tensor ModifiedResNet::ConvNorm::operator()(const Tensor& x) const {
  const Tensor y = at::conv2d(x, kernel, {}, stride, /*padding=*/kernel.size(2) / 2);
  return at::batch_norm(y, scale, shift, mean, variance, /*training=*/false, /*momentum=*/0,
                        kNormEpsilon, /*cudnn_enabled=*/true);
}

Tensor ModifiedResNet::Bottleneck::operator()(const Tensor& x) const {
  Tensor y = at::relu(middle(at::relu(reduce(x))));
  if (stride > 1) y = at::avg_pool2d(y, stride);
  y = expand(y);
  if (!shortcut.kernel.defined()) return at::relu(y + x);
  return at::relu(y + shortcut(stride > 1 ? at::avg_pool2d(x, stride) : x));
}

ModifiedResNet::ModifiedResNet(const ModelConfig& config)
    : image_size_(config.vision.image_size), heads_(config.vision.heads) {
  const int64_t width = config.vision.width;
  stem_.push_back(add_conv_norm("conv1", "bn1", 3, width / 2, 3, /*stride=*/2));
  stem_.push_back(add_conv_norm("conv2", "bn2", width / 2, width / 2, 3));
  stem_.push_back(add_conv_norm("conv3", "bn3", width / 2, width, 3));
  int64_t channels = width;
  for (size_t stage = 0; stage < config.vision.resnet_layers.size(); ++stage) {
    const int64_t planes = width << stage;
    for (int i = 0; i < config.vision.resnet_layers[stage]; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i) + ".";
      Bottleneck block;
      block.stride = stage > 0 && i == 0 ? 2 : 1;
      block.reduce = add_conv_norm(name + "conv1", name + "bn1", channels, planes, 1);
      block.middle = add_conv_norm(name + "conv2", name + "bn2", planes, planes, 3);
      block.expand = add_conv_norm(name + "conv3", name + "bn3", planes, planes * kExpansion, 1);
      if (block.stride > 1 || channels != planes * kExpansion) {
        block.shortcut = add_conv_norm(name + "downsample.0", name + "downsample.1", channels,
                                       planes * kExpansion, 1);
      }
      channels = planes * kExpansion;
      blocks_.push_back(block);
    }
  }
  const int64_t side = config.vision.image_size / 32;
  positional_embedding_ =
      add_parameter("attnpool.positional_embedding", {side * side + 1, channels}, 0);
  k_weight_ = add_parameter("attnpool.k_proj.weight", {channels, channels}, 0);
  k_bias_ = add_parameter("attnpool.k_proj.bias", {channels}, 0);
  q_weight_ = add_parameter("attnpool.q_proj.weight", {channels, channels}, 0);
  q_bias_ = add_parameter("attnpool.q_proj.bias", {channels}, 0);
  v_weight_ = add_parameter("attnpool.v_proj.weight", {channels, channels}, 0);
  v_bias_ = add_parameter("attnpool.v_proj.bias", {channels}, 0);
  c_weight_ = add_parameter("attnpool.c_proj.weight", {config.embed_dim, channels}, 0);
  c_bias_ = add_parameter("attnpool.c_proj.bias", {config.embed_dim}, 0);
}

/// (B, C, H, W) to (B, E): one query, the mean over places, attends to itself and all places.
Tensor ModifiedResNet::attention_pool(const Tensor& x) const {
  const int64_t pictures = x.size(0), channels = x.size(1), size = channels / heads_;
  const Tensor places = x.flatten(2).transpose(1, 2);  // (B, HW, C)
  const Tensor rows = at::cat({places.mean(1, /*keepdim=*/true), places}, 1) +
                      positional_embedding_;  // (B, HW + 1, C)
  const auto split = [&](const Tensor& y) {
    return y.view({pictures, -1, heads_, size}).transpose(1, 2);
  };
  const Tensor query = split(at::linear(rows.narrow(1, 0, 1), q_weight_, q_bias_));
  const Tensor out =
      at::scaled_dot_product_attention(query, split(at::linear(rows, k_weight_, k_bias_)),
                                       split(at::linear(rows, v_weight_, v_bias_)));
  return at::linear(out.reshape({pictures, channels}), c_weight_, c_bias_);
}

Tensor ModifiedResNet::forward(const Tensor& pixels) {
  CW_CHECK(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == image_size_ &&
               pixels.size(3) == image_size_,
           "the image tower needs pixels (B, 3, S, S) of its own size");
  Tensor x = pixels;
  for (const ConvNorm& unit : stem_) x = at::relu(unit(x));
  x = at::avg_pool2d(x, 2);
  for (const Bottleneck& block : blocks_) x = block(x);
  return attention_pool(x);
}

}  // namespace clipwright::models
