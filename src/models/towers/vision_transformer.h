// CLIP's vision transformer: patches, class token, learned positions, blocks, the class token's
// feature.
#pragma once

#include <memory>
#include <vector>

#include "models/tower_outputs.h"
#include "models/towers/residual_block.h"

namespace clipwright::models::towers {

class VisionTransformer : public torch::nn::Module {
 public:
  VisionTransformer(const VisionConfig& config, int embed_dim);

  /// Normalised pixels (B, 3, S, S) to features. Unless patches are asked for or averaged, the last
  /// block computes the class token's row alone, the only one that is read.
  ImageOutputs forward(const Tensor& pixels, const ImageRequest& request = {});

  VisionConfig config;
  Tensor class_embedding, positional_embedding, patch_weight, patch_bias, ln_pre_weight,
      ln_pre_bias, ln_post_weight, ln_post_bias, projection, projection_bias;
  std::vector<std::shared_ptr<ResidualBlock>> blocks;

 private:
  /// Patches with class token and positions, (B * L, W); of the patches those that are kept.
  Tensor embed(const Tensor& pixels, const Tensor& kept_patches);
  /// ln_pre, where there is one.
  Tensor norm_before_blocks(const Tensor& x);
  /// The rows that further class tokens (K, W) begin with, (B * K, W): at the class token's place.
  Tensor embed_branches(const Tensor& class_tokens, int64_t pictures);
  /// One block for the branches' rows (B * K, W), given keys and values (B * L, 2, H, D) of the
  /// picture's own.
  Tensor run_branches(ResidualBlock& block, const Tensor& branches, const Tensor& key_value,
                      int64_t pictures);
  /// The last block's class rows (B, W) from `x` and all rows' keys and values.
  Tensor finish_class_rows(const Tensor& x, const Tensor& normed, const Tensor& key_value,
                           int64_t pictures);
  /// Non-causal attention within each picture: qkv (B * L, 3, H, D) to (B * L, W).
  static Tensor attend(const Tensor& qkv, int64_t pictures);
};

}  // namespace clipwright::models::towers
