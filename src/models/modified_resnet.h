// OpenAI's modified ResNet: three stem convolutions, average pooling before strided ones, attention
// as the last pooling. For loading and embedding: batch normalisation always uses the stored
// statistics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/config.h"
#include "tensor/tensor.h"

namespace clipwright::models {

class ModifiedResNet : public torch::nn::Module {
 public:
  explicit ModifiedResNet(const ModelConfig& config);

  /// Normalised pixels (B, 3, S, S) to features (B, E).
  Tensor forward(const Tensor& pixels);

  /// Every tensor, running statistics included, under its name in open_clip files
  /// ("visual.layer1.0.conv1.weight"), in open_clip's order.
  std::vector<NamedTensor> state() const { return state_; }

 private:
  /// A convolution without bias and the batch normalisation after it.
  struct ConvNorm {
    Tensor kernel, scale, shift, mean, variance;
    int stride = 1;
    Tensor operator()(const Tensor& x) const;
  };
  /// 1x1, 3x3, 1x1 with a shortcut; a stride is an average pool before the last convolution and in
  /// the shortcut.
  struct Bottleneck {
    ConvNorm reduce, middle, expand, shortcut;
    int stride = 1;
    Tensor operator()(const Tensor& x) const;
  };

  ConvNorm add_conv_norm(const std::string& conv, const std::string& norm, int64_t in, int64_t out,
                         int64_t kernel, int stride = 1);
  Tensor add_parameter(const std::string& name, torch::IntArrayRef shape, double value);
  Tensor add_statistic(const std::string& name, const Tensor& value);
  Tensor attention_pool(const Tensor& x) const;

  int image_size_, heads_;
  std::vector<NamedTensor> state_;
  std::vector<ConvNorm> stem_;
  std::vector<Bottleneck> blocks_;
  Tensor positional_embedding_, k_weight_, k_bias_, q_weight_, q_bias_, v_weight_, v_bias_,
      c_weight_, c_bias_;
};

}  // namespace clipwright::models
