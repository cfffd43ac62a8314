#include "models/gguf/gguf_model.h"

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "models/files/plain_weights.h"
#include "models/gguf/gguf_file.h"
#include "text/bpe/tokenizer.h"
#include "text/bpe/vocabulary.h"

namespace clipwright::models::gguf {
namespace {

/// Of one tower's blocks: mtmd calls the wide layer of an MLP "up", clip.cpp's files "down".
struct Dialect {
  const char* tower;
  const char *first_layer, *second_layer;
};
constexpr Dialect kMtmd{"v", "ffn_up", "ffn_down"}, kClipCpp{"t", "ffn_down", "ffn_up"};

class ModelFile {
 public:
  ModelFile(const Clip& model, Precision precision)
      : config_(model.config()),
        half_(precision == Precision::kFloat16),
        weights_(model),
        logit_scale_(model.table().at("logit_scale").leaf.item<float>()) {}

  GgufFile build() {
    file_.set("general.architecture", std::string("clip"));
    file_.set("general.name", config_.name);
    file_.set("general.description", std::string("two-tower CLIP model"));
    file_.set("general.file_type", uint32_t{half_ ? 1U : 0U});
    for (const char* tower : {"text", "vision"})
      file_.set("clip.has_" + std::string(tower) + "_encoder", true);
    file_.set("clip.has_llava_projector", false);
    file_.set("clip.use_gelu", config_.vision.activation == Activation::kGelu);
    file_.set("clip.text.use_gelu", config_.text.activation == Activation::kGelu);
    file_.set("clip.logit_scale", logit_scale_);
    set_vision();
    set_text();
    add_vision();
    add_text();
    refuse_unknown();
    return std::move(file_);
  }

 private:
  template <typename Tower>
  void set_tower(const std::string& prefix, const Tower& tower, double epsilon) {
    const auto hidden = static_cast<uint32_t>(static_cast<double>(tower.width) * tower.mlp_ratio);
    file_.set(prefix + "embedding_length", static_cast<uint32_t>(tower.width));
    file_.set(prefix + "feed_forward_length", hidden);
    file_.set(prefix + "projection_dim", static_cast<uint32_t>(config_.embed_dim));
    file_.set(prefix + "attention.head_count", static_cast<uint32_t>(tower.heads));
    file_.set(prefix + "attention.layer_norm_epsilon", static_cast<float>(epsilon));
    file_.set(prefix + "block_count", static_cast<uint32_t>(tower.layers));
  }

  void set_vision() {
    const Preprocessing& preprocess = config_.preprocess;
    file_.set("clip.vision.image_size", static_cast<uint32_t>(config_.vision.image_size));
    file_.set("clip.vision.patch_size", static_cast<uint32_t>(config_.vision.patch_size));
    set_tower("clip.vision.", config_.vision, config_.vision.norm_epsilon);
    file_.set("clip.vision.image_mean",
              std::vector<float>(preprocess.mean.begin(), preprocess.mean.end()));
    file_.set("clip.vision.image_std",
              std::vector<float>(preprocess.std.begin(), preprocess.std.end()));
  }

  void set_text() {
    file_.set("clip.text.context_length", static_cast<uint32_t>(config_.text.context_length));
    set_tower("clip.text.", config_.text, 1e-5);
    std::vector<std::string> tokens;
    if (config_.text.words() == text::bpe::kVocabularySize) {
      const text::bpe::Vocabulary vocabulary(shared_file("bpe_simple_vocab_16e6.txt.gz"));
      for (size_t symbol = 0; symbol < vocabulary.size(); ++symbol)
        tokens.push_back(vocabulary.name_of(static_cast<text::bpe::Symbol>(symbol)));
      tokens.insert(tokens.end(), {"<|startoftext|>", "<|endoftext|>"});
      file_.set("tokenizer.ggml.tokens", std::move(tokens));
    } else {
      log_warning("the file has no tokenizer: the model's vocabulary of " +
                  with_commas(config_.text.words()) + " is not CLIP's of " +
                  with_commas(text::bpe::kVocabularySize));
    }
  }

  /// A matrix (out, in) of a linear layer, or rows of a table.
  void matrix(const std::string& name, const Tensor& tensor) { file_.add(name, tensor, half_); }

  void pair(const std::string& name, const std::string& ours) {
    const Tensor weight = weights_.at(ours + ".weight");
    file_.add(name + ".weight", weight, half_ && weight.dim() == 2);
    file_.add(name + ".bias", weights_.at(ours + ".bias"));
  }

  void block(const Dialect& dialect, int layer, const std::string& ours, bool qk_norm) {
    const std::string name = dialect.tower + (".blk." + std::to_string(layer) + ".");
    pair(name + "ln1", ours + "ln_1");
    const std::vector<Tensor> rows = weights_.at(ours + "attn.in_proj_weight").chunk(3),
                              biases = weights_.at(ours + "attn.in_proj_bias").chunk(3);
    for (size_t i = 0; i < 3; ++i) {
      const std::string part = name + "attn_" + "qkv"[i];
      matrix(part + ".weight", rows[i]);
      file_.add(part + ".bias", biases[i]);
      if (qk_norm && i < 2) pair(part + "_norm", ours + "attn." + "qk"[i] + "_norm");
    }
    pair(name + "attn_out", ours + "attn.out_proj");
    pair(name + "ln2", ours + "ln_2");
    pair(name + dialect.first_layer, ours + "mlp.c_fc");
    pair(name + dialect.second_layer, ours + "mlp.c_proj");
  }

  void add_vision() {
    const VisionConfig& vision = config_.vision;
    file_.add("v.class_embd", weights_.at("visual.class_embedding"));
    file_.add("v.patch_embd.weight", weights_.at("visual.conv1.weight"), /*half=*/true);
    if (vision.patch_bias) file_.add("v.patch_embd.bias", weights_.at("visual.conv1.bias"));
    file_.add("v.position_embd.weight", weights_.at("visual.positional_embedding"));
    if (vision.norm_before_blocks) pair("v.pre_ln", "visual.ln_pre");
    for (int i = 0; i < vision.layers; ++i)
      block(kMtmd, i, "visual.transformer.resblocks." + std::to_string(i) + ".", vision.qk_norm);
    pair("v.post_ln", "visual.ln_post");
    matrix("visual_projection.weight", weights_.at("visual.proj").t());
  }

  void add_text() {
    const TextConfig& text = config_.text;
    matrix("t.token_embd.weight", weights_.token_rows(text));
    file_.add("t.position_embd.weight", weights_.at("positional_embedding"));
    for (int i = 0; i < text.layers; ++i)
      block(kClipCpp, i, "transformer.resblocks." + std::to_string(i) + ".", false);
    pair("t.post_ln", "ln_final");
    matrix("text_projection.weight", weights_.at("text_projection").t());
    if (text.projection_bias)
      file_.add("text_projection.bias", weights_.at("text_projection.bias"));
  }

  void refuse_unknown() const {
    const std::vector<std::string> names = weights_.left_over();
    if (names.empty()) return;
    fail_usage("the model has " + listed(names) + ", for which GGUF has no name",
               "a vision transformer beside CLIP's text tower",
               "Write it as an open_clip directory.");
  }

  ModelConfig config_;
  bool half_;
  files::PlainWeights weights_;
  float logit_scale_;
  GgufFile file_;
};

}  // namespace

void write_gguf_model(const Clip& model, const fs::path& path, Precision precision) {
  const torch::NoGradGuard no_grad;
  const VisionConfig& vision = model.config().vision;
  if (vision.mean_pooling || vision.projection_bias) {
    fail_usage(std::string("the image tower ") +
                   (vision.mean_pooling ? "averages its patches" : "has a bias in its projection") +
                   ", which readers of GGUF do not know",
               "a tower that reads its class token and projects without a bias",
               "Use --format onnx for programs without Python.");
  }
  if (model.config().text.pretrained) {
    fail_usage("the model's text tower is " + model.config().text.pretrained->name +
                   " of Hugging Face's, which is not written to GGUF",
               "a model with CLIP's own text tower", "An open_clip directory holds it.");
  }
  if (!model.config().vision.resnet_layers.empty()) {
    fail_usage("the model's image tower is a ModifiedResNet, for which GGUF has no names",
               "a vision transformer", "Use --format onnx for programs without Python.");
  }
  const GgufFile file = ModelFile(model, precision).build();
  make_folder(path.parent_path());
  file.write(path);
  sync_folder(path.parent_path());
}

}  // namespace clipwright::models::gguf
