// The pre-norm transformer block both towers are made of: x + attention(ln_1(x)), then x +
// mlp(ln_2(x)).
#pragma once

#include "models/config.h"
#include "models/towers/low_rank.h"
#include "tensor/tensor.h"

namespace clipwright::models::towers {

struct BlockConfig {
  int64_t width, heads;
  double mlp_ratio = 4;
  Activation activation = Activation::kGelu;
  double norm_epsilon = 1e-5;
  bool qk_norm = false;
};

Tensor activate(const Tensor& x, Activation activation);

/// Rows are independent of their sequence here; the towers bring the attention. W = width, H =
/// heads, D = W / H.
class ResidualBlock : public torch::nn::Module {
 public:
  explicit ResidualBlock(const BlockConfig& config);

  /// (R, W) rows to queries, keys and values (R, 3, H, D).
  Tensor query_key_value(const Tensor& x);
  /// For the last block, where one row a sequence is read: keys and values of all rows (R, 2, H, D)
  /// ...
  /// ... and queries of the chosen rows (N, H, D). `normed` is `norm_1` of all rows, `chosen` of
  /// the chosen ones.
  Tensor norm_1(const Tensor& x);
  Tensor key_value(const Tensor& normed);
  Tensor query(const Tensor& chosen);
  /// Adds the attention's result (R, W) and the MLP to x (R, W).
  Tensor finish(const Tensor& x, const Tensor& attended);

  BlockConfig config;
  Tensor ln_1_weight, ln_1_bias, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias,
      ln_2_weight, ln_2_bias, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias;
  /// Beside the matrices of their names; undefined unless the block is adapted
  /// (models/tuning/adapters.h).
  struct Adapted {
    LowRank q, k, v, o, c_fc, c_proj;
  } low_rank;
  Tensor q_norm_weight, q_norm_bias, k_norm_weight, k_norm_bias;  ///< only with qk_norm
};

}  // namespace clipwright::models::towers
