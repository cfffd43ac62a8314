#include "models/files/hugging_face_names.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace clipwright::models::files {
namespace {

/// The names of a tower's blocks and norms, and what they are in open_clip's files.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.", "ln_final."},
    {"text_model.encoder.layers.", "transformer.resblocks."},
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"vision_model.pre_layrnorm.", "visual.ln_pre."},
    {"vision_model.pre_layernorm.", "visual.ln_pre."},
    {"vision_model.post_layernorm.", "visual.ln_post."},
    {"vision_model.encoder.layers.", "visual.transformer.resblocks."},
    {"text_projection.weight", "text_projection"},
    {"visual_projection.weight", "visual.proj"},
    {"logit_scale", "logit_scale"}};
constexpr std::pair<std::string_view, std::string_view> kBlockNames[] = {
    {".layer_norm1.", ".ln_1."},
    {".layer_norm2.", ".ln_2."},
    {".mlp.fc1.", ".mlp.c_fc."},
    {".mlp.fc2.", ".mlp.c_proj."},
    {".self_attn.out_proj.", ".attn.out_proj."}};

std::string open_clip_name(std::string name) {
  for (const auto& [theirs, ours] : kNames) {
    if (!name.starts_with(theirs)) continue;
    name.replace(0, theirs.size(), ours);
    for (const auto& [their_part, our_part] : kBlockNames) {
      const size_t at = name.find(their_part);
      if (at != std::string::npos) name.replace(at, their_part.size(), our_part);
    }
    break;
  }
  return name;
}

/// Whether a tensor of open_clip's lies the other way in transformers' files.
bool is_turned(std::string_view open_clip_name) {
  return open_clip_name == "text_projection" || open_clip_name == "visual.proj";
}

std::string hugging_face_name(std::string name) {
  for (const auto& [theirs, ours] : kNames) {
    if (!name.starts_with(ours)) continue;
    name.replace(0, ours.size(), theirs);
    for (const auto& [their_part, our_part] : kBlockNames) {
      const size_t at = name.find(our_part);
      if (at != std::string::npos) name.replace(at, our_part.size(), their_part);
    }
    break;
  }
  return name;
}

}  // namespace

std::vector<NamedTensor> from_hugging_face(std::vector<NamedTensor> tensors) {
  std::vector<NamedTensor> renamed;
  std::map<std::string, std::array<Tensor, 3>> stacks;
  for (auto& [name, tensor] : tensors) {
    if (name.ends_with(".embeddings.position_ids")) continue;  // 0, 1, 2, ... of old versions
    const std::string ours = open_clip_name(name);
    constexpr std::string_view kAttention = ".self_attn.";
    const size_t at = ours.find(kAttention);
    const size_t which = at == std::string::npos
                             ? at
                             : std::string_view("qkv").find(ours.c_str()[at + kAttention.size()]);
    const std::string_view rest = at == std::string::npos || ours.size() == at + kAttention.size()
                                      ? ""
                                      : std::string_view(ours).substr(at + kAttention.size() + 1);
    if (which != std::string::npos && (rest == "_proj.weight" || rest == "_proj.bias")) {
      const std::string stack =
          ours.substr(0, at) + ".attn.in_proj_" + (rest == "_proj.weight" ? "weight" : "bias");
      // One that is there twice stays under its own name, which no model has.
      if (!stacks[stack][which].defined()) {
        stacks[stack][which] = tensor;
        continue;
      }
    }
    const bool turned = is_turned(ours) && tensor.dim() == 2;
    renamed.emplace_back(ours, turned ? tensor.t().contiguous() : tensor);
  }
  for (const auto& [name, parts] : stacks) {
    // One that is missing is told by its stack's name.
    const bool whole = std::all_of(parts.begin(), parts.end(), [&](const Tensor& part) {
      return part.defined() && parts[0].defined() && part.dim() >= 1 &&
             part.sizes() == parts[0].sizes();
    });
    if (whole) renamed.emplace_back(name, torch::cat({parts[0], parts[1], parts[2]}));
  }
  return renamed;
}

std::vector<NamedTensor> to_hugging_face(const std::vector<NamedTensor>& tensors) {
  std::vector<NamedTensor> renamed;
  for (const auto& [name, tensor] : tensors) {
    constexpr std::string_view kStack = ".attn.in_proj_";
    const size_t at = name.find(kStack);
    if (at == std::string::npos) {
      renamed.emplace_back(hugging_face_name(name),
                           is_turned(name) ? tensor.t().contiguous() : tensor);
      continue;
    }
    const std::string kind = name.substr(at + kStack.size());
    const std::vector<Tensor> parts = tensor.chunk(3);
    for (size_t i = 0; i < 3; ++i) {
      renamed.emplace_back(
          hugging_face_name(name.substr(0, at)) + ".self_attn." + "qkv"[i] + "_proj." + kind,
          parts[i]);
    }
  }
  return renamed;
}

}  // namespace clipwright::models::files
