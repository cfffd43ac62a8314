#include "models/onnx/onnx_folder.h"

#include <string>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/words.h"
#include "models/onnx/towers.h"
#include "models/open_clip_config.h"
#include "text/bpe/hugging_face_files.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::models::onnx {
namespace {

/// darktable stores vectors of this length and refuses others.
constexpr int kDarktableWidth = 512;

/// The model as it is seen from outside: ids are the tokenizer's.
ModelConfig outer(ModelConfig config) {
  config.text.vocabulary_size = config.text.words();
  config.text.declip_numbering = false;
  return config;
}

Json configuration(const ModelConfig& config) {
  if (beyond_open_clip(config).empty()) return to_open_clip_config(config).at("model_cfg");
  return {{"embed_dim", config.embed_dim},
          {"vision_cfg", {{"image_size", config.vision.image_size}}},
          {"text_cfg",
           {{"context_length", config.text.context_length},
            {"vocab_size", config.text.vocabulary_size}}}};
}

Json preprocessing(const ModelConfig& config) {
  const Preprocessing& preprocess = config.preprocess;
  return {{"size", config.vision.image_size},
          {"mode", "RGB"},
          {"mean", preprocess.mean},
          {"std", preprocess.std},
          {"interpolation", name_of(preprocess.interpolation)},
          {"resize_mode", name_of(preprocess.resize_mode)},
          {"fill_color", 0}};
}

std::string lower_with_hyphens(const std::string& name) {
  std::string id;
  for (const char letter : ascii_lower(name)) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    id += plain ? letter : '-';
  }
  return id;
}

Json darktable_manifest(const ModelConfig& config) {
  return {{"id", "embedding-clipwright-" + lower_with_hyphens(config.name)},
          {"name", "clipwright " + config.name},
          {"description", "CLIP image encoder (" + config.name + ") for tags and similar pictures"},
          {"task", "embedding"},
          {"arch", lower_with_hyphens(config.name)},
          {"backend", "onnx"},
          {"version", "1.0"},
          {"tiling", false},
          {"num_inputs", 1},
          {"attributes",
           {{"input_sizes", {config.vision.image_size}},
            {"color_space", "rgb"},
            {"input_scale", 1.0 / 255},
            {"norm_mean", config.preprocess.mean},
            {"norm_std", config.preprocess.std},
            {"output_l2_normalized", true}}}};
}

void tell_limits(const ModelConfig& config, bool has_tokenizer) {
  if (config.embed_dim != kDarktableWidth) {
    log_info("darktable takes embeddings of " + std::to_string(kDarktableWidth) +
             " numbers only, and this model's have " + std::to_string(config.embed_dim));
  }
  if (config.preprocess.resize_ratio != 1) {
    log_warning(
        "this model's pictures are resized beyond what is cut out of their middle, which neither "
        "immich nor darktable does: they show it a little more of each picture");
  }
  if (!has_tokenizer) {
    log_warning("textual/ has no tokenizer: the model's vocabulary of " +
                with_commas(config.text.vocabulary_size) + " is not CLIP's of " +
                with_commas(text::bpe::kVocabularySize));
  }
}

void refuse_unknown(const files::PlainWeights& weights) {
  const std::vector<std::string> names = weights.left_over();
  if (names.empty()) return;
  fail_usage("the model has " + listed(names) + ", which is not written to ONNX",
             "a CLIP model: a vision transformer or a ModifiedResNet beside CLIP's text tower",
             "Write it as an open_clip directory.");
}

}  // namespace

void write_onnx_folder(const Clip& model, const fs::path& folder, uint64_t largest_message) {
  const torch::NoGradGuard no_grad;
  if (model.config().text.pretrained) {
    fail_usage("the model's text tower is " + model.config().text.pretrained->name +
                   " of Hugging Face's, which is not written to ONNX",
               "a model with CLIP's own text tower", "An open_clip directory holds it.");
  }
  const ModelConfig config = outer(model.config());
  const bool has_tokenizer = config.text.vocabulary_size == text::bpe::kVocabularySize;
  files::PlainWeights weights(model);
  const Graph visual = config.vision.resnet_layers.empty()
                           ? vision_transformer_graph(model.config(), weights)
                           : modified_resnet_graph(model.config(), weights);
  const Graph textual = text_graph(model.config(), weights);
  refuse_unknown(weights);
  tell_limits(config, has_tokenizer);
  for (const char* part : {"visual", "textual"}) make_folder(folder / part);
  visual.write(folder / "visual/model.onnx", largest_message);
  textual.write(folder / "textual/model.onnx", largest_message);
  write_file(folder / "visual/preprocess_cfg.json", preprocessing(config).dump(2) + "\n");
  write_file(folder / "visual/config.json", darktable_manifest(config).dump(2) + "\n");
  if (has_tokenizer) {
    const text::bpe::Vocabulary vocabulary(shared_file("bpe_simple_vocab_16e6.txt.gz"));
    for (const auto& [name, contents] : text::bpe::fast_tokenizer(vocabulary))
      write_file(folder / "textual" / name, contents);
  }
  write_file(folder / "config.json", configuration(config).dump(2) + "\n");
  for (const char* part : {"visual", "textual"}) sync_folder(folder / part);
  sync_folder(folder);
}

}  // namespace clipwright::models::onnx
