#include "models/model_summary.h"

#include "core/log.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"

namespace clipwright::models {
namespace {

std::string activation_text(Activation activation) {
  return activation == Activation::kQuickGelu ? "QuickGELU" : "GELU";
}

std::string image_text(const VisionConfig& vision) {
  const std::string size = std::to_string(vision.image_size);
  if (!vision.resnet_layers.empty()) {
    std::string layers;
    for (const int count : vision.resnet_layers)
      layers += (layers.empty() ? "" : "-") + std::to_string(count);
    return "ModifiedResNet " + layers + ", width " + std::to_string(vision.width) + ", " +
           std::to_string(vision.heads) + " heads in its pooling, pictures of " + size + " x " +
           size;
  }
  return "vision transformer, patches of " + std::to_string(vision.patch_size) + ", width " +
         std::to_string(vision.width) + ", " + std::to_string(vision.layers) + " layers, " +
         std::to_string(vision.heads) + " heads, " + activation_text(vision.activation) +
         (vision.qk_norm ? ", norms of queries and keys" : "") +
         (vision.mean_pooling ? ", patches averaged" : "") +
         (vision.timm_names ? ", timm's names" : "") + ", pictures of " + size + " x " + size;
}

std::string pretrained_text(const TextConfig& text) {
  const PretrainedText& pretrained = *text.pretrained;
  constexpr const char* kPoolings[] = {"mean of its rows", "class token's row", "last token's row",
                                       "class token's row through its pooler"};
  constexpr const char* kProjections[] = {"no projection", "a projection",
                                          "a projection in two steps"};
  return pretrained.name +
         (pretrained.encoder.kind == EncoderKind::kBert ? ", BERT's kind" : ", RoBERTa's kind") +
         ", width " + std::to_string(text.width) + ", " + std::to_string(text.layers) +
         " layers, " + std::to_string(text.heads) + " heads, " +
         kPoolings[static_cast<size_t>(pretrained.encoder.pooling)] + ", " +
         kProjections[static_cast<size_t>(pretrained.projection)] + ", " +
         std::to_string(text.context_length) + " tokens of " + with_commas(text.vocabulary_size);
}

std::string text_text(const TextConfig& text) {
  if (text.pretrained) return pretrained_text(text);
  return "transformer, width " + std::to_string(text.width) + ", " + std::to_string(text.layers) +
         " layers, " + std::to_string(text.heads) + " heads, " + activation_text(text.activation) +
         ", " + std::to_string(text.context_length) + " tokens of " +
         with_commas(text.vocabulary_size);
}

std::string preprocess_text(const Preprocessing& preprocess) {
  const std::string recipe = recipe_name(preprocess);
  std::string text = recipe.empty() ? "" : recipe + ": ";
  text += std::string(name_of(preprocess.interpolation)) + ", " +
          (preprocess.resize_mode == ResizeMode::kShortest ? "shorter side resized, centre cut out"
                                                           : "both sides resized");
  const auto numbers = [](const std::array<double, 3>& values) { return to_line(Json(values)); };
  return text + ", mean " + numbers(preprocess.mean) + ", deviation " + numbers(preprocess.std);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ModelSummary::rows() const {
  return {{"image tower", image_text(config.vision)},
          {"text tower", text_text(config.text)},
          {"embedding", std::to_string(config.embed_dim) + " numbers"},
          {"parameters", with_commas(parameters) + " (image " + with_commas(image_parameters) +
                             ", text " + with_commas(text_parameters) + ") in " +
                             with_commas(tensors) + " tensors"},
          {"preprocessing", preprocess_text(config.preprocess)}};
}

std::string summary_line(const std::string& what, const std::string& value) {
  constexpr size_t kWidth = 16;
  return what + std::string(what.size() < kWidth ? kWidth - what.size() : 1, ' ') + value + "\n";
}

std::string ModelSummary::text() const {
  std::string text = summary_line("model", source);
  for (const auto& [what, value] : rows()) text += summary_line(what, value);
  return text;
}

Json ModelSummary::json() const {
  const std::string beyond = beyond_open_clip(config);
  return {{"model", source},
          {"configuration", beyond.empty() ? to_open_clip_config(config) : Json()},
          {"beyond_open_clip", beyond},
          {"parameters", parameters},
          {"image_parameters", image_parameters},
          {"text_parameters", text_parameters},
          {"tensors", tensors}};
}

ModelSummary summarize(const ModelArgument& model) {
  const auto loaded = load_model(model);
  ModelSummary summary{.source = model.model, .config = loaded->config()};
  for (const tensor::TableEntry& entry : loaded->table().entries()) {
    ++summary.tensors;
    if (entry.kind != tensor::TensorKind::kParameter) continue;
    const int64_t numbers = entry.leaf.numel();
    summary.parameters += numbers;
    if (entry.name.starts_with("visual.")) {
      summary.image_parameters += numbers;
    } else if (entry.name != "logit_scale") {
      summary.text_parameters += numbers;
    }
  }
  return summary;
}

}  // namespace clipwright::models
