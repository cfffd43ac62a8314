#include "models/clip.h"

#include <cmath>
#include <set>

#include "core/error.h"
#include "models/fitted_weights.h"
#include "models/initialization.h"
#include "models/tensor_names.h"
#include "models/towers/modified_resnet.h"
#include "models/towers/pretrained_tower.h"
#include "text/hugging_face/tokenizer.h"

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

namespace {

/// A tensor of the towers that the table does not name would neither be saved nor trained.
void check_complete(const Clip& model, const tensor::ParameterTable& table) {
  std::set<const void*> named;
  for (const tensor::TableEntry& entry : table.entries())
    named.insert(entry.leaf.unsafeGetTensorImpl());
  CW_CHECK(named.size() == table.size(), "two names mean one tensor of the model");
  for (const auto& list : {model.named_parameters(), model.named_buffers()}) {
    for (const auto& tensor : list) {
      CW_CHECK(named.count(tensor.value().unsafeGetTensorImpl()) == 1,
               tensor.key() + " has no name in files");
    }
  }
}

}  // namespace

Clip::Clip(const ModelConfig& config, uint64_t seed) : config_(config) {
  logit_scale_ =
      register_parameter("logit_scale", torch::full({}, std::log(1 / 0.07), torch::kFloat32));
  if (config.vision.resnet_layers.empty()) {
    vision_ = register_module(
        "vision", std::make_shared<towers::VisionTransformer>(config.vision, config.embed_dim));
  } else {
    resnet_ = register_module("vision", std::make_shared<towers::ModifiedResNet>(config));
  }
  const tensor::ParameterTable vision = vision_ ? vision_table(*vision_) : resnet_->table();
  if (config.text.pretrained) {
    pretrained_ = register_module("text", std::make_shared<towers::PretrainedTower>(
                                              *config.text.pretrained, config.embed_dim));
    table_.add("logit_scale", logit_scale_);
    table_.append(vision);
    table_.append(pretrained_->table());
  } else {
    text_ = register_module(
        "text", std::make_shared<towers::TextTransformer>(config.text, config.embed_dim));
    table_ = clip_table(*text_, logit_scale_, vision);
  }
  check_complete(*this, table_);
  for (const auto& [name, tensor] : table_.file_tensors())
    initialize_tensor(config, name, tensor, seed);
}

Clip::~Clip() = default;

Tensor Clip::encode_image(const Tensor& pixels, tensor::BatchStatistics* seen) {
  return encode_image(pixels, ImageRequest{}, seen).embedding;
}

ImageOutputs Clip::encode_image(const Tensor& pixels, const ImageRequest& request,
                                tensor::BatchStatistics* seen) {
  return vision_ ? vision_->forward(pixels, request) : resnet_->forward(pixels, request, seen);
}

void Clip::update_statistics(const tensor::BatchStatistics& seen) {
  if (resnet_) resnet_->update_statistics(seen);
}

void Clip::freeze_statistics(const std::set<std::string>& names) {
  if (resnet_) resnet_->freeze_statistics(names);
}

Tensor Clip::encode_text(const TextBatch& texts) {
  return encode_text(texts, TextRequest{}).embedding;
}

TextOutputs Clip::encode_text(const TextBatch& texts, const TextRequest& request) {
  return pretrained_ ? pretrained_->forward(texts.ids, texts.offsets, request)
                     : text_->forward(texts.ids, texts.offsets, request);
}

const text::tokens::Tokenizer& Clip::tokenizer() const {
  if (!config_.text.pretrained) return text::bpe::Tokenizer::standard();
  CW_CHECK(config_.text.pretrained->tokenizer != nullptr, "a pre-trained tower brings a tokenizer");
  return *config_.text.pretrained->tokenizer;
}

void Clip::adapt(const tuning::AdapterOptions& options, uint64_t seed) {
  CW_CHECK(adapters_.empty(), "a model is adapted once");
  const bool timm = config_.vision.timm_names;
  if (options.image && resnet_) adapters_.adapt(*resnet_, options, seed);
  for (size_t i = 0; options.image && vision_ && i < vision_->blocks.size(); ++i) {
    adapters_.adapt(
        *vision_->blocks[i],
        (timm ? "visual.trunk.blocks." : "visual.transformer.resblocks.") + std::to_string(i) + ".",
        timm, options, seed);
  }
  for (size_t i = 0; options.text && text_ && i < text_->blocks.size(); ++i) {
    adapters_.adapt(*text_->blocks[i], "transformer.resblocks." + std::to_string(i) + ".",
                    /*timm_names=*/false, options, seed);
  }
}

std::vector<NamedTensor> Clip::file_tensors() const {
  return adapters_.merged(table_.file_tensors());
}

void Clip::load_state(std::vector<NamedTensor> tensors, const std::string& where) {
  tensors = with_plain_names(std::move(tensors));
  for (auto& [name, tensor] : tensors) {
    // Only CLIP's own text tower has names without it.
    if (pretrained_ && !name.starts_with("visual.") && !name.starts_with("logit_") &&
        !name.starts_with("text."))
      name = "text." + name;
  }
  // Old files carry the causal mask; it holds no information.
  std::erase_if(tensors, [](const NamedTensor& tensor) { return tensor.first == "attn_mask"; });
  fit_positions(tensors, table_, where);
  table_.load(tensors, where, "the model " + config_.name);
}

Tensor normalize_pixels(const Tensor& pixels, const Preprocessing& preprocess) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(pixels.device());
  const auto channel = [&](const std::array<double, 3>& values) {
    return torch::tensor(std::vector<double>(values.begin(), values.end()), torch::kFloat32)
        .view({1, 3, 1, 1})
        .to(options.device());
  };
  return pixels.to(options).div_(255).sub_(channel(preprocess.mean)).div_(channel(preprocess.std));
}

}  // namespace clipwright::models
