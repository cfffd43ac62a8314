#include "models/tensor_names.h"

namespace clipwright::models {
namespace {

void add_pair(std::vector<NamedTensor>& list, const std::string& name, const Tensor& weight,
              const Tensor& bias) {
  list.emplace_back(name + ".weight", weight);
  if (bias.defined()) list.emplace_back(name + ".bias", bias);
}

void add_open_clip_block(std::vector<NamedTensor>& list, const std::string& name,
                         const ResidualBlock& block) {
  add_pair(list, name + "ln_1", block.ln_1_weight, block.ln_1_bias);
  list.emplace_back(name + "attn.in_proj_weight", block.in_proj_weight);
  list.emplace_back(name + "attn.in_proj_bias", block.in_proj_bias);
  add_pair(list, name + "attn.out_proj", block.out_proj_weight, block.out_proj_bias);
  add_pair(list, name + "ln_2", block.ln_2_weight, block.ln_2_bias);
  add_pair(list, name + "mlp.c_fc", block.c_fc_weight, block.c_fc_bias);
  add_pair(list, name + "mlp.c_proj", block.c_proj_weight, block.c_proj_bias);
}

void add_timm_block(std::vector<NamedTensor>& list, const std::string& name,
                    const ResidualBlock& block) {
  add_pair(list, name + "norm1", block.ln_1_weight, block.ln_1_bias);
  add_pair(list, name + "attn.qkv", block.in_proj_weight, block.in_proj_bias);
  if (block.config.qk_norm) {
    add_pair(list, name + "attn.q_norm", block.q_norm_weight, block.q_norm_bias);
    add_pair(list, name + "attn.k_norm", block.k_norm_weight, block.k_norm_bias);
  }
  add_pair(list, name + "attn.proj", block.out_proj_weight, block.out_proj_bias);
  add_pair(list, name + "norm2", block.ln_2_weight, block.ln_2_bias);
  add_pair(list, name + "mlp.fc1", block.c_fc_weight, block.c_fc_bias);
  add_pair(list, name + "mlp.fc2", block.c_proj_weight, block.c_proj_bias);
}

std::vector<NamedTensor> timm_names(const VisionTransformer& vision) {
  std::vector<NamedTensor> list;
  const int64_t width = vision.config.width;
  list.emplace_back("visual.trunk.cls_token", vision.class_embedding.view({1, 1, width}));
  list.emplace_back("visual.trunk.pos_embed", vision.positional_embedding.unsqueeze(0));
  add_pair(list, "visual.trunk.patch_embed.proj", vision.patch_weight, vision.patch_bias);
  for (size_t i = 0; i < vision.blocks.size(); ++i)
    add_timm_block(list, "visual.trunk.blocks." + std::to_string(i) + ".", *vision.blocks[i]);
  add_pair(list, "visual.trunk.norm", vision.ln_post_weight, vision.ln_post_bias);
  list.emplace_back("visual.head.proj.weight", vision.projection.t());
  return list;
}

}  // namespace

std::vector<NamedTensor> named_tensors(const VisionTransformer& vision) {
  torch::NoGradGuard no_grad;
  if (vision.config.timm_names) return timm_names(vision);
  std::vector<NamedTensor> list = {{"visual.class_embedding", vision.class_embedding},
                                   {"visual.positional_embedding", vision.positional_embedding},
                                   {"visual.proj", vision.projection}};
  add_pair(list, "visual.conv1", vision.patch_weight, vision.patch_bias);
  if (vision.ln_pre_weight.defined())
    add_pair(list, "visual.ln_pre", vision.ln_pre_weight, vision.ln_pre_bias);
  for (size_t i = 0; i < vision.blocks.size(); ++i)
    add_open_clip_block(list, "visual.transformer.resblocks." + std::to_string(i) + ".",
                        *vision.blocks[i]);
  add_pair(list, "visual.ln_post", vision.ln_post_weight, vision.ln_post_bias);
  return list;
}

std::vector<NamedTensor> named_tensors(const TextTransformer& text) {
  std::vector<NamedTensor> list = {{"positional_embedding", text.positional_embedding},
                                   {"text_projection", text.projection}};
  for (size_t i = 0; i < text.blocks.size(); ++i)
    add_open_clip_block(list, "transformer.resblocks." + std::to_string(i) + ".", *text.blocks[i]);
  list.emplace_back("token_embedding.weight", text.token_embedding);
  add_pair(list, "ln_final", text.ln_final_weight, text.ln_final_bias);
  return list;
}

}  // namespace clipwright::models
