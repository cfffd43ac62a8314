// Further class tokens of the vision transformer against the same written another way: a picture's
// rows and one token after the other in one sequence, dense attention with a mask, float64.
#include <gtest/gtest.h>

#include <cmath>

#include "models/towers/vision_transformer.h"
#include "tests/models/architecture_kinds.h"

namespace clipwright::models {
namespace {

constexpr int64_t kPictures = 3, kTokens = 4;

std::vector<ModelConfig> transformers() {
  std::vector<ModelConfig> configs;
  for (const ArchitectureKind& kind : architecture_kinds()) {
    if (kind.config.vision.resnet_layers.empty()) configs.push_back(kind.config);
  }
  return configs;
}

std::shared_ptr<towers::VisionTransformer> random_tower(const ModelConfig& config) {
  torch::manual_seed(12);
  auto tower = std::make_shared<towers::VisionTransformer>(config.vision, config.embed_dim);
  const torch::NoGradGuard no_grad;
  for (Tensor& parameter : tower->parameters()) parameter.add_(torch::randn_like(parameter) * 0.3);
  return tower;
}

Tensor random_pixels(const ModelConfig& config) {
  return torch::randn({kPictures, 3, config.vision.image_size, config.vision.image_size},
                      torch::kFloat64);
}

Tensor norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon) {
  const Tensor centred = x - x.mean(-1, true);
  return centred / (centred.pow(2).mean(-1, true) + epsilon).sqrt() * weight + bias;
}

/// (B, E): the embedding of a token (W) that stands behind the picture's own L rows, with the place
/// of the class token; they do not see it.
Tensor branch_by_hand(const towers::VisionTransformer& tower, const Tensor& pixels,
                      const Tensor& token) {
  const VisionConfig& config = tower.config;
  const int64_t width = config.width, heads = config.heads, size = width / heads,
                pictures = pixels.size(0);
  Tensor patches = at::conv2d(pixels, tower.patch_weight, tower.patch_bias, config.patch_size)
                       .flatten(2)
                       .transpose(1, 2);  // (B, P, W)
  Tensor x = at::cat({tower.class_embedding.expand({pictures, 1, width}), patches}, 1) +
             tower.positional_embedding;
  x = at::cat({x, (token + tower.positional_embedding[0]).expand({pictures, 1, width})}, 1);
  if (config.norm_before_blocks)
    x = norm(x, tower.ln_pre_weight, tower.ln_pre_bias, config.norm_epsilon);
  const int64_t length = x.size(1);
  Tensor hidden = torch::zeros({length, length}, torch::kBool);
  hidden.narrow(0, 0, length - 1).select(1, length - 1).fill_(true);
  for (const auto& block : tower.blocks) {
    const Tensor normed = norm(x, block->ln_1_weight, block->ln_1_bias, config.norm_epsilon);
    const Tensor qkv = (at::matmul(normed, block->in_proj_weight.t()) + block->in_proj_bias)
                           .view({pictures, length, 3, heads, size})
                           .permute({2, 0, 3, 1, 4});
    Tensor q = qkv[0], k = qkv[1];
    if (config.qk_norm) {
      q = norm(q, block->q_norm_weight, block->q_norm_bias, config.norm_epsilon);
      k = norm(k, block->k_norm_weight, block->k_norm_bias, config.norm_epsilon);
    }
    const Tensor scores = at::matmul(q, k.transpose(-1, -2)) / std::sqrt(static_cast<double>(size));
    const Tensor mixed =
        at::matmul(scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()).softmax(-1),
                   qkv[2])
            .transpose(1, 2)
            .reshape({pictures, length, width});
    x = x + at::matmul(mixed, block->out_proj_weight.t()) + block->out_proj_bias;
    const Tensor inner =
        at::matmul(norm(x, block->ln_2_weight, block->ln_2_bias, config.norm_epsilon),
                   block->c_fc_weight.t()) +
        block->c_fc_bias;
    const Tensor active = config.activation == Activation::kGelu
                              ? inner * 0.5 * (1 + at::erf(inner / std::sqrt(2.0)))
                              : inner * at::sigmoid(1.702 * inner);
    x = x + at::matmul(active, block->c_proj_weight.t()) + block->c_proj_bias;
  }
  return at::matmul(
      norm(x.select(1, length - 1), tower.ln_post_weight, tower.ln_post_bias, config.norm_epsilon),
      tower.projection);
}

TEST(ClassTokens, EachIsABranchThatSeesThePictureAndItself) {
  for (const ModelConfig& config : transformers()) {
    const auto tower = random_tower(config);
    tower->to(torch::kFloat64);
    const Tensor pixels = random_pixels(config),
                 tokens = torch::randn({kTokens, config.vision.width}, torch::kFloat64);
    for (const bool patches : {false, true}) {  // the last block is computed in two ways
      const Tensor branches =
          tower->forward(pixels, {.patches = patches, .class_tokens = tokens}).branches;
      ASSERT_EQ(branches.sizes(), (std::vector<int64_t>{kPictures, kTokens, config.embed_dim}));
      for (int64_t j = 0; j < kTokens; ++j) {
        const Tensor expected = branch_by_hand(*tower, pixels, tokens[j]);
        EXPECT_LT((branches.select(1, j) - expected).abs().max().item<double>(),
                  1e-11 * (1 + expected.abs().max().item<double>()))
            << config.name << " token " << j;
      }
    }
  }
}

// So that the model that is written, which has the first class token alone, is the one trained.
TEST(ClassTokens, WhatTheTowerGivesWithoutThemStaysBitForBit) {
  for (const ModelConfig& config : transformers()) {
    const auto tower = random_tower(config);
    const Tensor pixels = random_pixels(config).to(torch::kFloat32),
                 tokens = torch::randn({kTokens, config.vision.width});
    for (const bool patches : {false, true}) {
      const ImageOutputs alone = tower->forward(pixels, {.pooled = true, .patches = patches}),
                         beside = tower->forward(
                             pixels, {.pooled = true, .patches = patches, .class_tokens = tokens});
      EXPECT_FALSE(alone.branches.defined());
      EXPECT_TRUE(torch::equal(alone.embedding, beside.embedding));
      EXPECT_TRUE(torch::equal(alone.pooled, beside.pooled));
      if (patches) {
        EXPECT_TRUE(torch::equal(alone.patches, beside.patches));
      }
    }
  }
}

TEST(ClassTokens, DoNotSeeEachOther) {
  const ModelConfig config = transformers().front();
  const auto tower = random_tower(config);
  tower->to(torch::kFloat64);
  const Tensor pixels = random_pixels(config);
  const Tensor tokens = torch::randn({kTokens, config.vision.width}, torch::kFloat64);
  const Tensor together = tower->forward(pixels, {.class_tokens = tokens}).branches,
               last = tower->forward(pixels, {.class_tokens = tokens.narrow(0, 3, 1)}).branches;
  EXPECT_LT((together.select(1, 3) - last.select(1, 0)).abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace clipwright::models
