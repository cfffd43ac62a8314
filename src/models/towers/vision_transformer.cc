#include "models/towers/vision_transformer.h"

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::models::towers {

VisionTransformer::VisionTransformer(const VisionConfig& c, int embed_dim) : config(c) {
  const int64_t width = c.width, grid = c.image_size / c.patch_size;
  const auto parameter = [this](const char* name, torch::IntArrayRef shape, double value = 0) {
    return register_parameter(name, torch::full(shape, value, torch::kFloat32));
  };
  class_embedding = parameter("class_embedding", {width});
  positional_embedding = parameter("positional_embedding", {grid * grid + 1, width});
  projection = parameter("proj", {width, embed_dim});
  if (c.projection_bias) projection_bias = parameter("proj_bias", {embed_dim});
  patch_weight = parameter("patch_weight", {width, 3, c.patch_size, c.patch_size});
  if (c.patch_bias) patch_bias = parameter("patch_bias", {width});
  if (c.norm_before_blocks) {
    ln_pre_weight = parameter("ln_pre_weight", {width}, 1);
    ln_pre_bias = parameter("ln_pre_bias", {width});
  }
  for (int i = 0; i < c.layers; ++i) {
    blocks.push_back(register_module(
        "block_" + std::to_string(i),
        std::make_shared<ResidualBlock>(
            BlockConfig{width, c.heads, c.mlp_ratio, c.activation, c.norm_epsilon, c.qk_norm})));
  }
  ln_post_weight = parameter("ln_post_weight", {width}, 1);
  ln_post_bias = parameter("ln_post_bias", {width});
}

Tensor VisionTransformer::attend(const Tensor& qkv, int64_t pictures) {
  const int64_t rows = qkv.size(0), heads = qkv.size(2), size = qkv.size(3);
  const Tensor split = qkv.view({pictures, rows / pictures, 3, heads, size})
                           .permute({2, 0, 3, 1, 4});  // (3, B, H, L, D)
  const Tensor out =
      at::scaled_dot_product_attention(split[0], split[1], split[2]);  // (B, H, L, D)
  return out.transpose(1, 2).reshape({rows, heads * size});
}

Tensor VisionTransformer::embed(const Tensor& pixels, const Tensor& kept_patches) {
  const int64_t side = config.image_size, patch = config.patch_size, grid = side / patch,
                width = config.width;
  CW_CHECK(
      pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == side && pixels.size(3) == side,
      "the image tower needs pixels (B, 3, S, S) of its own size");
  const int64_t pictures = pixels.size(0), places = grid * grid;
  // The patch convolution as one matrix product: its stride equals its size, so each patch is one
  // row.
  Tensor patches = pixels.reshape({pictures, 3, grid, patch, grid, patch})
                       .permute({0, 2, 4, 1, 3, 5})
                       .reshape({pictures * places, 3 * patch * patch});
  Tensor positions = positional_embedding;
  if (kept_patches.defined()) {
    CW_CHECK(kept_patches.dim() == 2 && kept_patches.size(0) == pictures,
             "the patches to keep are (B, K)");
    const Tensor kept = kept_patches.to(pixels.device()),
                 starts = torch::arange(pictures, kept.options()).mul_(places).unsqueeze(1);
    patches = patches.index_select(0, (kept + starts).view(-1));
    positions = at::cat({positional_embedding.narrow(0, 0, 1).expand({pictures, 1, width}),
                         positional_embedding.index_select(0, kept.view(-1) + 1)
                             .view({pictures, kept.size(1), width})},
                        1);
  }
  const Tensor embedded =
      tensor::linear_layer(patches, patch_weight.view({width, 3 * patch * patch}), patch_bias)
          .view({pictures, -1, width});
  const Tensor x = at::cat({class_embedding.expand({pictures, 1, width}), embedded}, 1) + positions;
  return x.reshape({-1, width});
}

Tensor VisionTransformer::norm_before_blocks(const Tensor& x) {
  if (!config.norm_before_blocks) return x;
  return at::layer_norm(x, {config.width}, ln_pre_weight, ln_pre_bias, config.norm_epsilon);
}

Tensor VisionTransformer::embed_branches(const Tensor& class_tokens, int64_t pictures) {
  const int64_t width = config.width, count = class_tokens.size(0);
  CW_CHECK(class_tokens.dim() == 2 && class_tokens.size(1) == width,
           "further class tokens are rows (K, W) of the image tower's width");
  const Tensor rows = norm_before_blocks(class_tokens + positional_embedding[0]);
  return rows.expand({pictures, count, width}).reshape({pictures * count, width});
}

Tensor VisionTransformer::run_branches(ResidualBlock& block, const Tensor& branches,
                                       const Tensor& key_value, int64_t pictures) {
  const int64_t heads = config.heads, size = config.width / heads,
                length = key_value.size(0) / pictures, count = branches.size(0) / pictures;
  const Tensor shared = key_value.view({pictures, length, 2, heads, size})
                            .permute({2, 0, 3, 1, 4});  // (2, B, H, L, D)
  const Tensor own = block.query_key_value(branches)
                         .view({pictures, count, 3, heads, size})
                         .permute({2, 0, 3, 1, 4});  // (3, B, H, K, D)
  const auto flags = torch::TensorOptions().dtype(torch::kBool).device(branches.device());
  const Tensor sees =
      at::cat({at::ones({count, length}, flags), at::eye(count, flags)}, 1);  // (K, L + K)
  const Tensor attended =
      at::scaled_dot_product_attention(own[0], at::cat({shared[0], own[1]}, 2),
                                       at::cat({shared[1], own[2]}, 2), sees);  // (B, H, K, D)
  return block.finish(branches, attended.transpose(1, 2).reshape({pictures * count, heads * size}));
}

Tensor VisionTransformer::finish_class_rows(const Tensor& x, const Tensor& normed,
                                            const Tensor& key_value, int64_t pictures) {
  ResidualBlock& last = *blocks.back();
  const int64_t width = config.width, heads = config.heads, size = width / heads,
                length = x.size(0) / pictures;
  const Tensor class_rows = x.view({pictures, length, width}).select(1, 0);  // (B, W)
  const Tensor query =
      last.query(normed.view({pictures, length, width}).select(1, 0)).unsqueeze(2);  // (B, H, 1, D)
  const Tensor kv = key_value.view({pictures, length, 2, heads, size})
                        .permute({2, 0, 3, 1, 4});  // (2, B, H, L, D)
  const Tensor attended =
      at::scaled_dot_product_attention(query, kv[0], kv[1]).reshape({pictures, width});
  return last.finish(class_rows, attended);
}

ImageOutputs VisionTransformer::forward(const Tensor& pixels, const ImageRequest& request) {
  const int64_t width = config.width, pictures = pixels.size(0);
  Tensor x = norm_before_blocks(embed(pixels, request.kept_patches)), branches;
  const bool branched = request.class_tokens.defined() && request.class_tokens.size(0) > 0;
  CW_CHECK(!branched || !config.mean_pooling,
           "a tower that averages patches reads no class tokens");
  if (branched) branches = embed_branches(request.class_tokens, pictures);
  const auto run_block = [&](ResidualBlock& block) {
    const Tensor qkv = block.query_key_value(x);
    if (branched) branches = run_branches(block, branches, qkv.narrow(1, 1, 2), pictures);
    x = block.finish(x, attend(qkv, pictures));
  };
  for (size_t i = 0; i + 1 < blocks.size(); ++i) run_block(*blocks[i]);

  ImageOutputs outputs;
  const auto pool = [&](const Tensor& rows) {
    return at::layer_norm(rows, {width}, ln_post_weight, ln_post_bias, config.norm_epsilon);
  };
  Tensor class_rows, pooled;
  if (request.patches || config.mean_pooling) {
    run_block(*blocks.back());
    const Tensor rows = x.view({pictures, -1, width});
    class_rows = rows.select(1, 0);
    const Tensor patches = rows.narrow(1, 1, rows.size(1) - 1);
    if (request.patches) outputs.patches = patches;
    if (config.mean_pooling) pooled = pool(patches).mean(1);
  } else {
    ResidualBlock& last = *blocks.back();
    const Tensor normed = last.norm_1(x), key_value = last.key_value(normed);
    if (branched) branches = run_branches(last, branches, key_value, pictures);
    class_rows = finish_class_rows(x, normed, key_value, pictures);
  }
  if (!pooled.defined()) pooled = pool(class_rows);
  outputs.embedding = tensor::matrix_product(pooled, projection);
  if (projection_bias.defined()) outputs.embedding = outputs.embedding + projection_bias;
  if (request.pooled) outputs.pooled = pooled;
  if (branched) {
    outputs.branches =
        tensor::matrix_product(pool(branches), projection).view({pictures, -1, projection.size(1)});
  }
  return outputs;
}

}  // namespace clipwright::models::towers
