#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/words.h"
#include "models/files/hugging_face.h"
#include "models/files/hugging_face_names.h"
#include "tensor/safetensors.h"
#include "text/bpe/hugging_face_files.h"

namespace clipwright::models::files {
namespace {

const char* name_of(Activation activation) {
  return activation == Activation::kQuickGelu ? "quick_gelu" : "gelu";
}

/// What the model has and CLIPModel has not.
std::vector<std::string> foreign_parts(const ModelConfig& config) {
  std::vector<std::string> parts;
  const VisionConfig& vision = config.vision;
  if (!vision.resnet_layers.empty()) {
    parts.emplace_back("a ResNet");
    return parts;
  }
  if (vision.timm_names) parts.emplace_back("timm's image tower");
  if (vision.qk_norm) parts.emplace_back("norms of queries and keys");
  if (!vision.norm_before_blocks) parts.emplace_back("no norm before the blocks");
  if (vision.mean_pooling) parts.emplace_back("an average of patches");
  if (vision.patch_bias) parts.emplace_back("a bias in the patch embedding");
  if (config.text.pretrained) parts.emplace_back("a pre-trained text tower");
  if (config.text.projection_bias) parts.emplace_back("a bias in the text projection");
  if (config.text.declip_numbering) parts.emplace_back("DeCLIP's order of tokens");
  return parts;
}

int64_t hidden_of(int width, double ratio) {
  return static_cast<int64_t>(static_cast<double>(width) * ratio);
}

Json config_json(const ModelConfig& config) {
  const TextConfig& text = config.text;
  const VisionConfig& vision = config.vision;
  return {{"architectures", {"CLIPModel"}},
          {"model_type", "clip"},
          {"torch_dtype", "float32"},
          {"projection_dim", config.embed_dim},
          {"logit_scale_init_value", 2.6592},
          {"text_config",
           {{"model_type", "clip_text_model"},
            {"vocab_size", text.vocabulary_size},
            {"hidden_size", text.width},
            {"intermediate_size", hidden_of(text.width, text.mlp_ratio)},
            {"num_hidden_layers", text.layers},
            {"num_attention_heads", text.heads},
            {"max_position_embeddings", text.context_length},
            {"hidden_act", name_of(text.activation)},
            {"layer_norm_eps", 1e-5},
            {"projection_dim", config.embed_dim},
            // The last two; padding by the end token is no other end.
            {"bos_token_id", text.vocabulary_size - 2},
            {"eos_token_id", text.vocabulary_size - 1},
            {"pad_token_id", text.vocabulary_size - 1}}},
          {"vision_config",
           {{"model_type", "clip_vision_model"},
            {"hidden_size", vision.width},
            {"intermediate_size", hidden_of(vision.width, vision.mlp_ratio)},
            {"num_hidden_layers", vision.layers},
            {"num_attention_heads", vision.heads},
            {"image_size", vision.image_size},
            {"patch_size", vision.patch_size},
            {"num_channels", 3},
            {"hidden_act", name_of(vision.activation)},
            {"layer_norm_eps", vision.norm_epsilon},
            {"projection_dim", config.embed_dim}}}};
}

Json preprocessor_json(const ModelConfig& config) {
  const Preprocessing& preprocess = config.preprocess;
  const int size = config.vision.image_size;
  const bool shortest = preprocess.resize_mode == ResizeMode::kShortest;
  const Json square = {{"height", size}, {"width", size}};
  Json json = {{"image_processor_type", "CLIPImageProcessor"},
               {"do_convert_rgb", true},
               {"do_resize", true},
               {"resample", preprocess.interpolation == Interpolation::kBilinear ? 2 : 3},
               {"do_center_crop", shortest},
               {"do_rescale", true},
               {"rescale_factor", 1.0 / 255},
               {"do_normalize", true},
               {"image_mean", preprocess.mean},
               {"image_std", preprocess.std}};
  if (shortest) {
    json["size"] = {{"shortest_edge", std::lround(size * preprocess.resize_ratio)}};
    json["crop_size"] = square;
  } else {
    json["size"] = square;
  }
  return json;
}

}  // namespace

void write_hugging_face_folder(const Clip& model, const fs::path& folder) {
  const ModelConfig& config = model.config();
  if (const std::vector<std::string> parts = foreign_parts(config); !parts.empty()) {
    fail_usage(
        "the model has " + listed(parts, " and ") + ", which transformers' CLIPModel has not",
        "a vision transformer as OpenAI's", "Write it as an open_clip directory.");
  }
  make_folder(folder);
  tensor::write_safetensors(folder / "model.safetensors",
                            to_hugging_face(model.table().file_tensors()), {{"format", "pt"}});
  write_file(folder / "preprocessor_config.json", preprocessor_json(config).dump(2) + "\n");
  if (config.text.vocabulary_size == text::bpe::kVocabularySize) {
    const text::bpe::Vocabulary vocabulary(shared_file("bpe_simple_vocab_16e6.txt.gz"));
    for (const auto& [name, contents] : text::bpe::hugging_face_tokenizer(vocabulary))
      write_file(folder / name, contents);
  }
  write_file(folder / "config.json", config_json(config).dump(2) + "\n");
  sync_folder(folder);
}

}  // namespace clipwright::models::files
