#include "models/clip.h"

#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "models/initialization.h"
#include "models/modified_resnet.h"
#include "models/tensor_names.h"

namespace clipwright::models {

TextBatch to_text_batch(const text::bpe::PackedTexts& texts) {
  TextBatch batch;
  batch.ids = torch::empty({static_cast<int64_t>(texts.ids.size())}, torch::kInt64);
  std::copy(texts.ids.begin(), texts.ids.end(), batch.ids.data_ptr<int64_t>());
  batch.offsets = torch::empty({static_cast<int64_t>(texts.offsets.size())}, torch::kInt32);
  std::copy(texts.offsets.begin(), texts.offsets.end(), batch.offsets.data_ptr<int32_t>());
  return batch;
}

TextBatch to_text_batch(const std::vector<text::bpe::PackedTexts>& texts) {
  if (texts.size() == 1) return to_text_batch(texts[0]);
  text::bpe::PackedTexts all;
  for (const text::bpe::PackedTexts& slot : texts) {
    const auto start = static_cast<int32_t>(all.ids.size());
    all.ids.insert(all.ids.end(), slot.ids.begin(), slot.ids.end());
    for (size_t i = 1; i < slot.offsets.size(); ++i) all.offsets.push_back(start + slot.offsets[i]);
  }
  return to_text_batch(all);
}

Clip::Clip(const ModelConfig& config, uint64_t seed) : config_(config) {
  logit_scale_ =
      register_parameter("logit_scale", torch::full({}, std::log(1 / 0.07), torch::kFloat32));
  if (config.vision.resnet_layers.empty()) {
    vision_ = register_module("vision",
                              std::make_shared<VisionTransformer>(config.vision, config.embed_dim));
  } else {
    resnet_ = register_module("vision", std::make_shared<ModifiedResNet>(config));
  }
  text_ = register_module("text", std::make_shared<TextTransformer>(config.text, config.embed_dim));
  for (const auto& [name, tensor] : state()) initialize_tensor(config, name, tensor, seed);
}

Clip::~Clip() = default;

Tensor Clip::encode_image(const Tensor& pixels) {
  return vision_ ? vision_->forward(pixels) : resnet_->forward(pixels);
}

Tensor Clip::encode_text(const TextBatch& texts) {
  return text_->forward(texts.ids, texts.offsets);
}

std::vector<NamedTensor> Clip::state() const {
  std::vector<NamedTensor> list, text = named_tensors(*text_);
  // open_clip's order: the text tower's bare parameters, the scale, the vision tower, then the rest
  // of the text tower.
  list.assign(text.begin(), text.begin() + 2);
  list.emplace_back("logit_scale", logit_scale_);
  const std::vector<NamedTensor> vision = vision_ ? named_tensors(*vision_) : resnet_->state();
  list.insert(list.end(), vision.begin(), vision.end());
  list.insert(list.end(), text.begin() + 2, text.end());
  return list;
}

void Clip::load_state(const std::vector<NamedTensor>& tensors, const std::string& where) {
  std::map<std::string, Tensor> given(tensors.begin(), tensors.end());
  std::string missing, unexpected, shapes;
  int problems = 0;
  const auto note = [&](std::string& list, const std::string& item) {
    list += (list.empty() ? "" : ", ") + item;
    ++problems;
  };
  const std::vector<NamedTensor> own = state();
  std::set<std::string> known;
  for (const auto& [name, tensor] : own) {
    known.insert(name);
    const auto found = given.find(name);
    if (found == given.end()) {
      note(missing, name);
    } else if (found->second.numel() != tensor.numel() ||
               (tensor.dim() > 0 && found->second.sizes() != tensor.sizes())) {
      note(shapes,
           name + " is " + shape_text(found->second) + " and should be " + shape_text(tensor));
    } else if (!found->second.is_floating_point() && tensor.is_floating_point()) {
      note(shapes, name + " does not hold floating-point numbers");
    }
  }
  for (const auto& [name, tensor] : tensors) {
    // Old files carry the causal mask; it holds no information.
    if (known.count(name) == 0 && name != "attn_mask") note(unexpected, name);
  }
  if (problems > 0) {
    std::string found = where + ": does not fit the model " + config_.name;
    if (!missing.empty()) found += "; missing: " + missing;
    if (!unexpected.empty()) found += "; unexpected: " + unexpected;
    if (!shapes.empty()) found += "; shapes: " + shapes;
    fail_input(found, {}, "Check that the configuration and the weights belong together.");
  }
  torch::NoGradGuard no_grad;
  for (auto [name, tensor] : own) tensor.copy_(given.at(name).reshape(tensor.sizes()));
}

Tensor normalize_pixels(const Tensor& pixels, const Preprocessing& preprocess) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(pixels.device());
  const auto channel = [&](const std::array<double, 3>& values) {
    return torch::tensor(std::vector<double>(values.begin(), values.end()), torch::kFloat32).view({1, 3, 1, 1}).to(options.device());
  };
  return pixels.to(options).div_(255).sub_(channel(preprocess.mean)).div_(channel(preprocess.std));
}

}  // namespace clipwright::models
