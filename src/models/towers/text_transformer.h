// CLIP's causal text transformer over packed texts: no padding is computed, the end token's feature
// is read; every token's where somebody asks for them.
#pragma once

#include <memory>
#include <vector>

#include "models/tower_outputs.h"
#include "models/towers/residual_block.h"

namespace clipwright::models::towers {

class TextTransformer : public torch::nn::Module {
 public:
  TextTransformer(const TextConfig& config, int embed_dim);

  /// ids int64 (T) and offsets int32 (N + 1) on the CPU to features. A causal tower read at its end
  /// token cannot see what would come after it, so this equals the tower over texts padded to the
  /// context length. Unless tokens are asked for, the last block computes the end tokens' rows
  /// alone. Ids are numbered as the tokenizer does, whatever the order of the table's rows.
  TextOutputs forward(const Tensor& ids, const Tensor& offsets, const TextRequest& request = {});

  TextConfig config;
  Tensor token_embedding, positional_embedding, ln_final_weight, ln_final_bias, projection,
      projection_bias;  ///< undefined: there is none
  std::vector<std::shared_ptr<ResidualBlock>> blocks;

 private:
  /// The end tokens' features with one row for each beginning that texts share.
  Tensor forward_shared(const Tensor& ids, const Tensor& offsets);
  Tensor embed(const Tensor& ids, const Tensor& mask_token) const;
  /// Normed end rows (N, W) to features (N, E).
  Tensor project(const Tensor& rows) const;
};

}  // namespace clipwright::models::towers
