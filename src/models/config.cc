#include "models/config.h"

#include <algorithm>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::models {
namespace {

constexpr std::string_view kTextBias = "text-bias", kDeclipTokens = "declip-tokens";

TextConfig text_tower(int width, int layers = 12) {
  TextConfig text;
  text.width = width;
  text.layers = layers;
  text.heads = width / 64;
  return text;
}

/// open_clip's own transformers: heads of 64 unless said otherwise.
ModelConfig vit(const std::string& name, int embed_dim, int image_size, int patch_size, int width,
                int layers, const TextConfig& text, int head_width = 64) {
  ModelConfig config;
  config.name = name;
  config.embed_dim = embed_dim;
  config.vision.image_size = image_size;
  config.vision.patch_size = patch_size;
  config.vision.width = width;
  config.vision.layers = layers;
  config.vision.heads = width / head_width;
  config.text = text;
  return config;
}

ModelConfig resnet(const std::string& name, int embed_dim, int image_size, int width,
                   std::vector<int> layers, const TextConfig& text) {
  ModelConfig config;
  config.name = name;
  config.embed_dim = embed_dim;
  config.vision.image_size = image_size;
  config.vision.patch_size = 0;
  config.vision.width = width;
  config.vision.heads = width * 32 / 64;
  config.vision.resnet_layers = std::move(layers);
  config.text = text;
  return config;
}

/// LaCLIP's models for CC3M, CC12M and RedCaps: a timm tower with QK-norm and erf GELU beside
/// CLIP's text tower with QuickGELU.
ModelConfig laclip(const std::string& name, int width, int layers, int heads) {
  ModelConfig config;
  config.name = name;
  config.vision.width = width;
  config.vision.layers = layers;
  config.vision.heads = heads;
  config.vision.norm_epsilon = 1e-6;
  config.vision.norm_before_blocks = false;
  config.vision.patch_bias = true;
  config.vision.qk_norm = true;
  config.vision.timm_names = true;
  config.text.activation = Activation::kQuickGelu;
  config.preprocess = find_recipe("laclip");
  return config;
}

ModelConfig with_quick_gelu(ModelConfig config) {
  config.name += "-quickgelu";
  config.vision.activation = config.text.activation = Activation::kQuickGelu;
  return config;
}

std::vector<ModelConfig> make_table() {
  std::vector<ModelConfig> table;
  const TextConfig text512 = text_tower(512);
  table.push_back(vit("tiny-32", 128, 32, 8, 128, 3, text_tower(128, 2)));
  table.push_back(vit("small-32", 256, 32, 8, 256, 4, text_tower(256, 3)));
  for (const int patch : {32, 16}) {
    const std::string suffix = "-" + std::to_string(patch);
    table.push_back(vit("ViT-S" + suffix, 384, 224, patch, 384, 12, text_tower(384)));
    table.push_back(vit("ViT-M" + suffix, 512, 224, patch, 512, 12, text512));
    table.push_back(vit("ViT-B" + suffix, 512, 224, patch, 768, 12, text512));
    table.push_back(with_quick_gelu(table.back()));
  }
  table.push_back(vit("ViT-B-32-256", 512, 256, 32, 768, 12, text512));
  table.push_back(vit("ViT-B-16-plus-240", 640, 240, 16, 896, 12, text_tower(640)));
  table.push_back(vit("ViT-L-16", 768, 224, 16, 1024, 24, text_tower(768)));
  table.push_back(vit("ViT-L-14", 768, 224, 14, 1024, 24, text_tower(768)));
  table.push_back(with_quick_gelu(table.back()));
  table.push_back(vit("ViT-L-14-336", 768, 336, 14, 1024, 24, text_tower(768)));
  table.push_back(with_quick_gelu(table.back()));
  table.push_back(vit("ViT-H-14", 1024, 224, 14, 1280, 32, text_tower(1024, 24), 80));
  table.push_back(with_quick_gelu(table.back()));
  for (const ModelConfig& config : {
           resnet("RN50", 1024, 224, 64, {3, 4, 6, 3}, text512),
           resnet("RN101", 512, 224, 64, {3, 4, 23, 3}, text512),
           resnet("RN50x4", 640, 288, 80, {4, 6, 10, 6}, text_tower(640)),
           resnet("RN50x16", 768, 384, 96, {6, 8, 18, 8}, text_tower(768)),
           resnet("RN50x64", 1024, 448, 128, {3, 15, 36, 10}, text_tower(1024)),
       }) {
    table.push_back(config);
    table.push_back(with_quick_gelu(config));
  }
  table.push_back(laclip("laclip-ViT-S-16", 384, 12, 12));
  table.push_back(laclip("laclip-ViT-B-16", 768, 12, 12));
  table.push_back(laclip("laclip-ViT-L-16", 1024, 24, 16));
  return table;
}

const std::vector<ModelConfig>& table() {
  static const std::vector<ModelConfig> models = make_table();
  return models;
}

/// The architecture before the first '+' with the switches behind it.
ModelConfig with_switches(std::string_view name, size_t plus) {
  ModelConfig config = find_model_config(name.substr(0, plus));
  config.name = name;
  while (plus != std::string_view::npos) {
    const size_t next = name.find('+', plus + 1);
    const std::string_view word =
        name.substr(plus + 1, next == std::string_view::npos ? next : next - plus - 1);
    bool* on = word == kTextBias       ? &config.text.projection_bias
               : word == kDeclipTokens ? &config.text.declip_numbering
                                       : nullptr;
    if (on == nullptr) {
      const std::string near = nearest(word, {std::string(kTextBias), std::string(kDeclipTokens)});
      fail_usage(
          "the architecture '" + std::string(name) + "' ends in '+" + std::string(word) + "'",
          "+text-bias or +declip-tokens", near.empty() ? "" : "Did you mean '+" + near + "'?");
    }
    if (*on)
      fail_usage(
          "the architecture '" + std::string(name) + "' says +" + std::string(word) + " twice",
          "it once");
    *on = true;
    plus = next;
  }
  if (config.text.declip_numbering) ++config.text.vocabulary_size;
  return config;
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelConfig& config : table()) names.push_back(config.name);
  return names;
}

bool is_model_name(std::string_view name) {
  const std::string_view base = name.substr(0, name.find('+'));
  const std::vector<std::string> names = model_names();
  return std::find(names.begin(), names.end(), base) != names.end();
}

ModelConfig find_model_config(std::string_view name) {
  const size_t plus = name.find('+');
  if (plus != std::string_view::npos) return with_switches(name, plus);
  for (const ModelConfig& config : table()) {
    if (config.name == name) return config;
  }
  const std::string near = nearest(name, model_names());
  fail_usage("'" + std::string(name) + "' is not a built-in architecture",
             "one of " + listed(model_names()), near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::models
