// CLIP's causal text transformer over packed texts: no padding is computed, the end token's feature
// is read.
#pragma once

#include <memory>
#include <vector>

#include "models/residual_block.h"

namespace clipwright::models {

class TextTransformer : public torch::nn::Module {
 public:
  TextTransformer(const TextConfig& config, int embed_dim);

  /// ids int64 (T) and offsets int32 (N + 1) on the CPU to features (N, E). A causal tower read at
  /// its end token cannot see what would come after it, so this equals the tower over texts padded
  /// to the context length.
  Tensor forward(const Tensor& ids, const Tensor& offsets);

  TextConfig config;
  Tensor token_embedding, positional_embedding, ln_final_weight, ln_final_bias, projection;
  std::vector<std::shared_ptr<ResidualBlock>> blocks;
};

}  // namespace clipwright::models
