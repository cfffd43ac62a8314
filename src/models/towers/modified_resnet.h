// OpenAI's modified ResNet: three stem convolutions, average pooling before strided ones, attention
// as the last pooling. In training mode batch normalisation goes by the pictures that are passed
// together, in evaluation mode by the running statistics.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/config.h"
#include "models/tower_outputs.h"
#include "models/towers/low_rank.h"
#include "tensor/batch_statistics.h"
#include "tensor/parameter_table.h"

namespace clipwright::models::towers {

class ModifiedResNet : public torch::nn::Module {
 public:
  explicit ModifiedResNet(const ModelConfig& config);

  /// Normalised pixels (B, 3, S, S) to features. Changes no statistics: in training mode what the
  /// layers saw is added to `seen`, where one is given. The pooled feature is that of the attention
  /// pool before its projection; patches there are none.
  ImageOutputs forward(const Tensor& pixels, const ImageRequest& request = {},
                       tensor::BatchStatistics* seen = nullptr);
  /// Moves the running statistics towards what a step saw, as PyTorch does: a tenth of the way.
  void update_statistics(const tensor::BatchStatistics& seen);
  /// The layers whose running statistics have these names in files go by them in training mode too,
  /// and leave them as they are.
  void freeze_statistics(const std::set<std::string>& names);

  /// What stands beside the attention pool's matrix 'q', 'k', 'v' or 'o'; undefined unless it is
  /// adapted.
  LowRank& low_rank(char matrix);

  /// Every tensor, running statistics included, under its name in open_clip files
  /// ("visual.layer1.0.conv1.weight"), in open_clip's order.
  const tensor::ParameterTable& table() const { return table_; }

 private:
  /// How one forward pass normalises.
  struct Pass {
    bool training = false;
    tensor::BatchStatistics* seen = nullptr;
    const std::vector<char>* held = nullptr;  ///< by layer: goes by its running statistics

    bool by_batch(size_t layer) const { return training && (*held)[layer] == 0; }
  };
  /// A convolution without bias and the batch normalisation after it.
  struct ConvNorm {
    Tensor kernel, scale, shift;
    size_t layer = 0;       ///< place in `norms_`
    Tensor mean, variance;  ///< running
    Tensor batches;         ///< int64: how many steps the running statistics have seen
    int stride = 1;
    Tensor operator()(const Tensor& x, const Pass& pass) const;
  };
  /// 1x1, 3x3, 1x1 with a shortcut; a stride is an average pool before the last convolution and in
  /// the shortcut.
  struct Bottleneck {
    ConvNorm reduce, middle, expand, shortcut;
    int stride = 1;
    Tensor operator()(const Tensor& x, const Pass& pass) const;
  };

  ConvNorm add_conv_norm(const std::string& conv, const std::string& norm, int64_t in, int64_t out,
                         int64_t kernel, int stride = 1);
  Tensor add_parameter(const std::string& name, torch::IntArrayRef shape, double value);
  Tensor add_statistic(const std::string& name, const Tensor& value,
                       const tensor::FindFlaw& find_flaw = {});
  void add_projection(const std::string& name, int64_t in, int64_t out, Tensor& weight,
                      Tensor& bias, const std::string& cancelled = "");
  Tensor attention_pool(const Tensor& x) const;

  int image_size_, heads_;
  tensor::ParameterTable table_;
  std::vector<ConvNorm> norms_;          ///< every one, in the order of the table
  std::vector<std::string> mean_names_;  ///< of their running means, in files
  std::vector<char> held_;               ///< those whose statistics are frozen
  std::vector<ConvNorm> stem_;
  std::vector<Bottleneck> blocks_;
  Tensor positional_embedding_, k_weight_, k_bias_, q_weight_, q_bias_, v_weight_, v_bias_,
      c_weight_, c_bias_;
  LowRank low_rank_q_, low_rank_k_, low_rank_v_, low_rank_o_;
};

}  // namespace clipwright::models::towers
