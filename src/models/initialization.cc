#include "models/initialization.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <string_view>

#include "core/random.h"

namespace clipwright::models {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

constexpr double kTimmDeviation = 0.02;

struct Draw {
  enum class Kind { kKeep, kNormal, kUniform } kind = Kind::kKeep;
  double size = 0;  ///< standard deviation, or half width
};
Draw normal(double deviation) { return {Draw::Kind::kNormal, deviation}; }
Draw uniform(double half) { return {Draw::Kind::kUniform, half}; }

/// PyTorch's default for linear and convolution layers: weight and bias uniform in
/// +-1/sqrt(fan_in).
Draw pytorch_default(double fan_in) { return uniform(1 / std::sqrt(fan_in)); }

/// BERT's own rule for an encoder whose weights are not read; PyTorch's for the projection behind
/// it.
Draw pretrained_rule(const std::string& name, const Tensor& tensor) {
  if (tensor.dim() != 2) return {};
  if (name.starts_with("text.proj.")) return pytorch_default(static_cast<double>(tensor.size(1)));
  constexpr double kBertDeviation = 0.02;
  return normal(kBertDeviation);
}

Draw text_rule(const TextConfig& text, const std::string& name) {
  const double width = text.width, attention = 1 / std::sqrt(width),
               out = attention / std::sqrt(2.0 * text.layers);
  if (name == "token_embedding.weight") return normal(0.02);
  if (name == "positional_embedding") return normal(0.01);
  if (name == "text_projection" || name == "text_projection.weight") return normal(attention);
  if (ends_with(name, "attn.in_proj_weight")) return normal(attention);
  if (ends_with(name, "attn.out_proj.weight") || ends_with(name, "mlp.c_proj.weight"))
    return normal(out);
  if (ends_with(name, "mlp.c_fc.weight")) return normal(1 / std::sqrt(2 * width));
  if (ends_with(name, "mlp.c_fc.bias")) return pytorch_default(width);
  if (ends_with(name, "mlp.c_proj.bias")) return pytorch_default(width * text.mlp_ratio);
  return {};
}

/// OpenAI's ResNets: PyTorch's defaults, the last normalisation of each block at zero, the
/// attention pool as its width asks.
Draw resnet_rule(const std::string& name, const Tensor& tensor) {
  if (name.find("visual.layer") == 0 && ends_with(name, "bn3.weight")) return normal(0);
  if (name.find("attnpool.") != std::string::npos) {
    const double width = static_cast<double>(tensor.size(-1));
    if (ends_with(name, "_proj.bias")) return pytorch_default(width);
    return normal(1 / std::sqrt(width));
  }
  if (tensor.dim() == 4)
    return pytorch_default(static_cast<double>(tensor.numel() / tensor.size(0)));
  return {};
}

Draw vision_rule(const VisionConfig& vision, const std::string& name) {
  const double width = vision.width, patch = 3.0 * vision.patch_size * vision.patch_size,
               hidden = width * vision.mlp_ratio;
  if (ends_with(name, "class_embedding") || ends_with(name, "cls_token"))
    return normal(class_token_deviation(vision));
  if (ends_with(name, "positional_embedding") || ends_with(name, "visual.proj"))
    return normal(1 / std::sqrt(width));
  if (ends_with(name, "conv1.weight") || name.find("patch_embed.proj.") != std::string::npos)
    return pytorch_default(patch);
  if (ends_with(name, "attn.in_proj_weight"))
    return uniform(std::sqrt(6 / (4 * width)));  // Xavier over (3W, W)
  if (ends_with(name, "attn.out_proj.weight")) return pytorch_default(width);
  if (name.find("mlp.c_fc.") != std::string::npos) return pytorch_default(width);
  if (name.find("mlp.c_proj.") != std::string::npos) return pytorch_default(hidden);
  // LaCLIP: its QK-norm blocks replaced timm's after timm's own initialisation had run, so their
  // linear layers keep PyTorch's default.
  if (ends_with(name, "pos_embed")) return normal(kTimmDeviation);
  if (ends_with(name, "head.proj.weight")) return normal(1 / std::sqrt(width));
  if (ends_with(name, "head.proj.bias")) return pytorch_default(width);
  if (name.find("attn.qkv.") != std::string::npos || name.find("attn.proj.") != std::string::npos ||
      name.find("mlp.fc1.") != std::string::npos)
    return pytorch_default(width);
  if (name.find("mlp.fc2.") != std::string::npos) return pytorch_default(hidden);
  return {};
}

}  // namespace

double class_token_deviation(const VisionConfig& vision) {
  return vision.timm_names ? kTimmDeviation : 1 / std::sqrt(static_cast<double>(vision.width));
}

void initialize_tensor(const ModelConfig& config, const std::string& name, Tensor tensor,
                       uint64_t seed) {
  const bool visual = name.rfind("visual.", 0) == 0, resnet = !config.vision.resnet_layers.empty();
  const Draw draw = !visual && config.text.pretrained ? pretrained_rule(name, tensor)
                    : !visual                         ? text_rule(config.text, name)
                    : resnet                          ? resnet_rule(name, tensor)
                                                      : vision_rule(config.vision, name);
  if (draw.kind == Draw::Kind::kKeep) return;
  torch::NoGradGuard no_grad;
  const auto generator =
      at::make_generator<at::CPUGeneratorImpl>(hash64(name, hash64("initialization", seed)));
  if (draw.kind == Draw::Kind::kNormal) tensor.normal_(0, draw.size, generator);
  if (draw.kind == Draw::Kind::kUniform) tensor.uniform_(-draw.size, draw.size, generator);
}

}  // namespace clipwright::models
