#include "models/files/plain_weights.h"

#include <string_view>
#include <utility>

#include "core/error.h"

namespace clipwright::models::files {
namespace {

struct Renamed {
  std::string name;
  Tensor tensor;
};

constexpr std::pair<std::string_view, std::string_view> kTimmParts[] = {
    {".norm1.", ".ln_1."},
    {".norm2.", ".ln_2."},
    {".mlp.fc1.", ".mlp.c_fc."},
    {".mlp.fc2.", ".mlp.c_proj."},
    {".attn.proj.", ".attn.out_proj."},
    {".attn.qkv.weight", ".attn.in_proj_weight"},
    {".attn.qkv.bias", ".attn.in_proj_bias"}};

Renamed plain(const std::string& name, const Tensor& tensor) {
  constexpr std::string_view kTrunk = "visual.trunk.", kBlocks = "visual.trunk.blocks.";
  if (name == "visual.trunk.cls_token") return {"visual.class_embedding", tensor.flatten()};
  if (name == "visual.trunk.pos_embed")
    return {"visual.positional_embedding", tensor.flatten(0, 1)};
  if (name == "visual.head.proj.weight") return {"visual.proj", tensor.t()};
  if (name == "visual.head.proj.bias") return {"visual.proj.bias", tensor};
  if (name == "text_projection.weight") return {"text_projection", tensor.t()};
  if (!name.starts_with(kTrunk)) return {name, tensor};
  if (name.starts_with(kBlocks)) {
    std::string block = "visual.transformer.resblocks." + name.substr(kBlocks.size());
    for (const auto& [theirs, ours] : kTimmParts) {
      const size_t at = block.find(theirs);
      if (at != std::string::npos) block.replace(at, theirs.size(), ours);
    }
    return {block, tensor};
  }
  for (const auto& [theirs, ours] :
       {std::pair{"patch_embed.proj.", "conv1."}, std::pair{"norm.", "ln_post."}}) {
    const std::string whole = std::string(kTrunk) + theirs;
    if (name.starts_with(whole)) return {"visual." + (ours + name.substr(whole.size())), tensor};
  }
  return {name, tensor};
}

}  // namespace

PlainWeights::PlainWeights(const Clip& model) {
  for (const auto& [name, tensor] : model.table().file_tensors()) {
    Renamed renamed = plain(name, tensor);
    tensors_.emplace(std::move(renamed.name), std::move(renamed.tensor));
  }
}

Tensor PlainWeights::find(const std::string& name) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return {};
  taken_.insert(name);
  return found->second.to(torch::kCPU, torch::kFloat32).contiguous();
}

Tensor PlainWeights::at(const std::string& name) {
  Tensor tensor = find(name);
  if (!tensor.defined()) {
    fail_usage("the model has no tensor " + name + ", which this format's towers need",
               "a vision transformer or a ModifiedResNet beside CLIP's text tower",
               "Write it as an open_clip directory.");
  }
  return tensor;
}

Tensor PlainWeights::token_rows(const TextConfig& text) {
  const Tensor table = at("token_embedding.weight");
  if (!text.declip_numbering) return table;
  // The mask's row stands before those of start and end.
  const int64_t words = text.words();
  return at::cat({table.narrow(0, 0, words - 2), table.narrow(0, words - 1, 2)});
}

std::vector<std::string> PlainWeights::left_over() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) {
    if (taken_.count(name) == 0 && name != "logit_scale" && !name.ends_with(".num_batches_tracked"))
      names.push_back(name);
  }
  return names;
}

}  // namespace clipwright::models::files
