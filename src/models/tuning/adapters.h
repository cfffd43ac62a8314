// LoRA's matrices beside those of a model: which there are, what they are called, and the model
// with them merged in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/towers/low_rank.h"
#include "models/towers/modified_resnet.h"
#include "models/towers/residual_block.h"
#include "tensor/parameter_table.h"

namespace clipwright::models::tuning {

struct AdapterOptions {
  int rank = 8;
  double alpha = 16;
  std::vector<std::string> targets = {"q", "k", "v", "o", "mlp"};  ///< see adapter_targets()
  bool image = true, text = true;                                  ///< which towers
};

/// What `targets` may name: q, k, v and o of attention (of a ResNet: its attention pool), and mlp,
/// both matrices of a block's (a ResNet has none).
const std::vector<std::string>& adapter_targets();

/// One adapted matrix of a model.
struct Adapter {
  std::string name;       ///< of its matrices in files: NAME.lora_A and NAME.lora_B
  std::string matrix;     ///< the adapted one's in files
  int64_t first_row = 0;  ///< of it: q, k and v share one
  towers::LowRank low_rank;
};

/// Every adapted matrix of a model.
class Adapters {
 public:
  bool empty() const { return list_.empty(); }
  const std::vector<Adapter>& list() const { return list_; }
  /// Their matrices.
  const tensor::ParameterTable& table() const { return table_; }

  /// Makes those of a block whose names in files begin with `prefix`, in timm's dialect or
  /// open_clip's. A is drawn uniformly within 1 / sqrt(in), keyed by (seed, its name), B is zero.
  void adapt(towers::ResidualBlock& block, const std::string& prefix, bool timm_names,
             const AdapterOptions& options, uint64_t seed);
  /// The same of a ResNet's attention pool.
  void adapt(towers::ModifiedResNet& resnet, const AdapterOptions& options, uint64_t seed);

  /// `tensors`, a model's in files, with what the adapters add: the changed ones are copies.
  std::vector<NamedTensor> merged(std::vector<NamedTensor> tensors) const;

 private:
  void add(towers::LowRank& place, torch::nn::Module& owner, const std::string& name,
           const std::string& matrix, int64_t first_row, int64_t out, int64_t in,
           const AdapterOptions& options, uint64_t seed);

  std::vector<Adapter> list_;
  tensor::ParameterTable table_;
};

}  // namespace clipwright::models::tuning
