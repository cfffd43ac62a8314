#include "models/tensor_names.h"

namespace clipwright::models {
namespace {

void add_pair(tensor::ParameterTable& table, const std::string& name, const Tensor& weight,
              const Tensor& bias) {
  table.add(name + ".weight", weight);
  if (bias.defined()) table.add(name + ".bias", bias);
}

void add_open_clip_block(tensor::ParameterTable& table, const std::string& name,
                         const towers::ResidualBlock& block) {
  add_pair(table, name + "ln_1", block.ln_1_weight, block.ln_1_bias);
  table.add(name + "attn.in_proj_weight", block.in_proj_weight);
  table.add(name + "attn.in_proj_bias", block.in_proj_bias);
  add_pair(table, name + "attn.out_proj", block.out_proj_weight, block.out_proj_bias);
  add_pair(table, name + "ln_2", block.ln_2_weight, block.ln_2_bias);
  add_pair(table, name + "mlp.c_fc", block.c_fc_weight, block.c_fc_bias);
  add_pair(table, name + "mlp.c_proj", block.c_proj_weight, block.c_proj_bias);
}

void add_timm_block(tensor::ParameterTable& table, const std::string& name,
                    const towers::ResidualBlock& block) {
  add_pair(table, name + "norm1", block.ln_1_weight, block.ln_1_bias);
  add_pair(table, name + "attn.qkv", block.in_proj_weight, block.in_proj_bias);
  if (block.config.qk_norm) {
    add_pair(table, name + "attn.q_norm", block.q_norm_weight, block.q_norm_bias);
    table.add(name + "attn.k_norm.weight", block.k_norm_weight);
    table.add({.name = name + "attn.k_norm.bias",
               .leaf = block.k_norm_bias,
               .cancelled = "it shifts every key alike, and a softmax does not see that"});
  }
  add_pair(table, name + "attn.proj", block.out_proj_weight, block.out_proj_bias);
  add_pair(table, name + "norm2", block.ln_2_weight, block.ln_2_bias);
  add_pair(table, name + "mlp.fc1", block.c_fc_weight, block.c_fc_bias);
  add_pair(table, name + "mlp.fc2", block.c_proj_weight, block.c_proj_bias);
}

tensor::ParameterTable timm_table(const towers::VisionTransformer& vision) {
  tensor::ParameterTable table;
  const int64_t width = vision.config.width, places = vision.positional_embedding.size(0);
  table.add({.name = "visual.trunk.cls_token",
             .leaf = vision.class_embedding,
             .layout = tensor::FileLayout::kReshaped,
             .shape = {1, 1, width}});
  table.add({.name = "visual.trunk.pos_embed",
             .leaf = vision.positional_embedding,
             .layout = tensor::FileLayout::kReshaped,
             .shape = {1, places, width}});
  add_pair(table, "visual.trunk.patch_embed.proj", vision.patch_weight, vision.patch_bias);
  for (size_t i = 0; i < vision.blocks.size(); ++i)
    add_timm_block(table, "visual.trunk.blocks." + std::to_string(i) + ".", *vision.blocks[i]);
  add_pair(table, "visual.trunk.norm", vision.ln_post_weight, vision.ln_post_bias);
  table.add({.name = "visual.head.proj.weight",
             .leaf = vision.projection,
             .layout = tensor::FileLayout::kTransposed});
  if (vision.projection_bias.defined()) table.add("visual.head.proj.bias", vision.projection_bias);
  return table;
}

}  // namespace

tensor::ParameterTable vision_table(const towers::VisionTransformer& vision) {
  if (vision.config.timm_names) return timm_table(vision);
  tensor::ParameterTable table;
  table.add("visual.class_embedding", vision.class_embedding);
  table.add("visual.positional_embedding", vision.positional_embedding);
  table.add("visual.proj", vision.projection);
  add_pair(table, "visual.conv1", vision.patch_weight, vision.patch_bias);
  if (vision.ln_pre_weight.defined())
    add_pair(table, "visual.ln_pre", vision.ln_pre_weight, vision.ln_pre_bias);
  for (size_t i = 0; i < vision.blocks.size(); ++i)
    add_open_clip_block(table, "visual.transformer.resblocks." + std::to_string(i) + ".",
                        *vision.blocks[i]);
  add_pair(table, "visual.ln_post", vision.ln_post_weight, vision.ln_post_bias);
  return table;
}

tensor::ParameterTable clip_table(const towers::TextTransformer& text, const Tensor& logit_scale,
                                  const tensor::ParameterTable& vision) {
  tensor::ParameterTable table;
  table.add("positional_embedding", text.positional_embedding);
  if (text.projection_bias.defined()) {
    // open_clip's linear layer.
    table.add({.name = "text_projection.weight",
               .leaf = text.projection,
               .layout = tensor::FileLayout::kTransposed});
    table.add("text_projection.bias", text.projection_bias);
  } else {
    table.add("text_projection", text.projection);
  }
  table.add("logit_scale", logit_scale);
  table.append(vision);
  for (size_t i = 0; i < text.blocks.size(); ++i)
    add_open_clip_block(table, "transformer.resblocks." + std::to_string(i) + ".", *text.blocks[i]);
  table.add("token_embedding.weight", text.token_embedding);
  add_pair(table, "ln_final", text.ln_final_weight, text.ln_final_bias);
  return table;
}

}  // namespace clipwright::models
