#include "models/towers/modified_resnet.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::models::towers {
namespace {

constexpr int64_t kExpansion = 4;
constexpr double kNormEpsilon = 1e-5, kMomentum = 0.1;

/// Module names may not hold dots.
std::string plain(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// Of rows with any dimensions before the last.
Tensor adapted_linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const LowRank& low_rank) {
  const Tensor out = at::linear(x, weight, bias);
  if (!low_rank.defined()) return out;
  return out + at::linear(at::linear(x, low_rank.a), low_rank.b) * low_rank.scale;
}

}  // namespace

Tensor ModifiedResNet::add_parameter(const std::string& name, torch::IntArrayRef shape,
                                     double value) {
  Tensor parameter = register_parameter(plain(name), torch::full(shape, value, torch::kFloat32));
  table_.add("visual." + name, parameter);
  return parameter;
}

Tensor ModifiedResNet::add_statistic(const std::string& name, const Tensor& value,
                                     const tensor::FindFlaw& find_flaw) {
  // The count of steps is not registered: it stays an int64 on the CPU wherever the module goes.
  Tensor buffer = value.is_floating_point() ? register_buffer(plain(name), value) : value;
  table_.add({.name = "visual." + name,
              .leaf = buffer,
              .kind = tensor::TensorKind::kBuffer,
              .find_flaw = find_flaw});
  return buffer;
}

void ModifiedResNet::add_projection(const std::string& name, int64_t in, int64_t out,
                                    Tensor& weight, Tensor& bias, const std::string& cancelled) {
  weight = add_parameter(name + ".weight", {out, in}, 0);
  bias = register_parameter(plain(name + ".bias"), torch::zeros({out}));
  table_.add({.name = "visual." + name + ".bias", .leaf = bias, .cancelled = cancelled});
}

ModifiedResNet::ConvNorm ModifiedResNet::add_conv_norm(const std::string& conv,
                                                       const std::string& norm, int64_t in,
                                                       int64_t out, int64_t kernel, int stride) {
  ConvNorm unit;
  unit.stride = stride;
  unit.layer = norms_.size();
  unit.kernel = add_parameter(conv + ".weight", {out, in, kernel, kernel}, 0);
  unit.scale = add_parameter(norm + ".weight", {out}, 1);
  unit.shift = add_parameter(norm + ".bias", {out}, 0);
  unit.mean = add_statistic(norm + ".running_mean", torch::zeros({out}));
  unit.variance =
      add_statistic(norm + ".running_var", torch::ones({out}), tensor::numbers_below_zero);
  unit.batches = add_statistic(norm + ".num_batches_tracked", torch::zeros({}, torch::kInt64),
                               tensor::numbers_below_zero);
  norms_.push_back(unit);
  mean_names_.push_back("visual." + norm + ".running_mean");
  held_.push_back(0);
  return unit;
}

Tensor ModifiedResNet::ConvNorm::operator()(const Tensor& x, const Pass& pass) const {
  const Tensor y = at::conv2d(x, kernel, {}, stride, /*padding=*/kernel.size(2) / 2);
  const bool by_batch = pass.by_batch(layer);
  const auto normalize = [&](const Tensor& running_mean, const Tensor& running_variance,
                             double momentum) {
    return at::batch_norm(y, scale, shift, running_mean, running_variance, by_batch, momentum,
                          kNormEpsilon, /*cudnn_enabled=*/true);
  };
  if (!by_batch) return normalize(mean, variance, 0);
  const int64_t count = y.numel() / y.size(1);
  if (count < 2) {
    fail_usage("batch normalisation was given one value a channel, which has no variance",
               "a --batch-size of at least 2 for an image tower this small");
  }
  if (pass.seen == nullptr) return normalize({}, {}, 0);
  // A momentum of 1 makes the running statistics those of this batch.
  const Tensor batch_mean = at::zeros_like(mean), batch_variance = at::zeros_like(variance);
  const Tensor normalized = normalize(batch_mean, batch_variance, 1);
  pass.seen->add(layer, count, batch_mean, batch_variance);
  return normalized;
}

Tensor ModifiedResNet::Bottleneck::operator()(const Tensor& x, const Pass& pass) const {
  Tensor y = at::relu(middle(at::relu(reduce(x, pass)), pass));
  if (stride > 1) y = at::avg_pool2d(y, stride);
  y = expand(y, pass);
  if (!shortcut.kernel.defined()) return at::relu(y + x);
  return at::relu(y + shortcut(stride > 1 ? at::avg_pool2d(x, stride) : x, pass));
}

void ModifiedResNet::update_statistics(const tensor::BatchStatistics& seen) {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < seen.layers().size(); ++i) {
    const tensor::BatchStatistics::Layer& batch = seen.layers()[i];
    if (batch.count == 0) continue;  // its statistics are frozen
    ConvNorm& norm = norms_[i];
    norm.mean.mul_(1 - kMomentum).add_(batch.mean, kMomentum);
    norm.variance.mul_(1 - kMomentum).add_(batch.variance, kMomentum);
    norm.batches.add_(1);
  }
}

void ModifiedResNet::freeze_statistics(const std::set<std::string>& names) {
  for (size_t i = 0; i < norms_.size(); ++i) {
    if (names.contains(mean_names_[i])) held_[i] = 1;
  }
}

LowRank& ModifiedResNet::low_rank(char matrix) {
  switch (matrix) {
    case 'q':
      return low_rank_q_;
    case 'k':
      return low_rank_k_;
    case 'v':
      return low_rank_v_;
    default:
      CW_CHECK(matrix == 'o', "an attention pool has matrices q, k, v and o");
      return low_rank_o_;
  }
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
  add_projection("attnpool.k_proj", channels, channels, k_weight_, k_bias_,
                 "it shifts every key alike, and a softmax does not see that");
  add_projection("attnpool.q_proj", channels, channels, q_weight_, q_bias_);
  add_projection("attnpool.v_proj", channels, channels, v_weight_, v_bias_);
  add_projection("attnpool.c_proj", channels, config.embed_dim, c_weight_, c_bias_);
}

/// (B, C, H, W) to (B, C): one query, the mean over places, attends to itself and all places.
Tensor ModifiedResNet::attention_pool(const Tensor& x) const {
  const int64_t pictures = x.size(0), channels = x.size(1), size = channels / heads_;
  const Tensor places = x.flatten(2).transpose(1, 2);  // (B, HW, C)
  const Tensor rows = at::cat({places.mean(1, /*keepdim=*/true), places}, 1) +
                      positional_embedding_;  // (B, HW + 1, C)
  const auto split = [&](const Tensor& y) {
    return y.view({pictures, -1, heads_, size}).transpose(1, 2);
  };
  const Tensor query = split(adapted_linear(rows.narrow(1, 0, 1), q_weight_, q_bias_, low_rank_q_));
  const Tensor out = at::scaled_dot_product_attention(
      query, split(adapted_linear(rows, k_weight_, k_bias_, low_rank_k_)),
      split(adapted_linear(rows, v_weight_, v_bias_, low_rank_v_)));
  return out.reshape({pictures, channels});
}

ImageOutputs ModifiedResNet::forward(const Tensor& pixels, const ImageRequest& request,
                                     tensor::BatchStatistics* seen) {
  CW_CHECK(!request.patches && !request.kept_patches.defined(), "a ResNet has no patches");
  CW_CHECK(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == image_size_ &&
               pixels.size(3) == image_size_,
           "the image tower needs pixels (B, 3, S, S) of its own size");
  const Pass pass{is_training(), seen, &held_};
  Tensor x = pixels;
  for (const ConvNorm& unit : stem_) x = at::relu(unit(x, pass));
  x = at::avg_pool2d(x, 2);
  for (const Bottleneck& block : blocks_) x = block(x, pass);
  const Tensor pooled = attention_pool(x);
  return {adapted_linear(pooled, c_weight_, c_bias_, low_rank_o_),
          request.pooled ? pooled : Tensor(),
          {}};
}

}  // namespace clipwright::models::towers
