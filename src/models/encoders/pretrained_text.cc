#include "models/encoders/pretrained_text.h"

#include <algorithm>

#include "core/error.h"
#include "models/encoders/find_sentence_encoder.h"
#include "models/files/sentence_encoder_folder.h"
#include "text/hugging_face/read_tokenizer.h"

namespace clipwright::models::encoders {
namespace {

constexpr const char* kConfig = "config.json";
constexpr std::string_view kEncoder = "text.transformer.";
constexpr int kContextLength = 77;  // as open_clip cuts texts for towers of any kind

/// What a text tower's configuration says of its encoder in its own words.
void describe_encoder(TextConfig& text) {
  const EncoderConfig& encoder = text.pretrained->encoder;
  text.vocabulary_size = encoder.vocabulary_size;
  text.width = encoder.width;
  text.layers = encoder.layers;
  text.heads = encoder.heads;
  text.mlp_ratio = static_cast<double>(encoder.hidden) / encoder.width;
  text.activation = Activation::kGelu;
}

fs::path encoder_folder(const std::string& encoder) {
  const fs::path folder = find_sentence_encoder(encoder);
  if (folder.empty())
    fail_usage("--text-model " + encoder + " is no sentence encoder",
               "a folder with config.json of BERT or RoBERTa, or " + std::string(kMiniLm));
  return folder;
}

std::string name_of_encoder(const std::string& encoder) {
  if (encoder == kMiniLm) return std::string("sentence-transformers/") + kMiniLm;
  fs::path folder = fs::absolute(encoder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return folder.filename().string();
}

}  // namespace

Json to_encoder_config(const EncoderConfig& config) {
  const bool bert = config.kind == EncoderKind::kBert;
  return {{"architectures", {bert ? "BertModel" : "RobertaModel"}},
          {"model_type", bert ? "bert" : "roberta"},
          {"hidden_act", "gelu"},
          {"hidden_size", config.width},
          {"intermediate_size", config.hidden},
          {"layer_norm_eps", config.norm_epsilon},
          {"max_position_embeddings", config.positions},
          {"num_attention_heads", config.heads},
          {"num_hidden_layers", config.layers},
          {"pad_token_id", config.padding},
          {"type_vocab_size", config.token_types},
          {"vocab_size", config.vocabulary_size}};
}

std::vector<NamedText> text_encoder_files(const ModelConfig& config) {
  if (!config.text.pretrained) return {};
  const PretrainedText& pretrained = *config.text.pretrained;
  CW_CHECK(pretrained.tokenizer != nullptr, "a pre-trained tower brings a tokenizer");
  std::vector<NamedText> files = pretrained.tokenizer->files();
  files.push_back({kConfig, to_encoder_config(pretrained.encoder).dump(2) + "\n"});
  return files;
}

void complete_text_encoder(const fs::path& folder, ModelConfig& config) {
  PretrainedText& pretrained = *config.text.pretrained;
  std::error_code unreadable;
  if (!fs::exists(folder / kConfig, unreadable)) {
    fail_input(folder.string() + ": its text tower is " + to_line(Json(pretrained.name)) +
                   " of Hugging Face's, of which there is no " + kConfig,
               "that model's config.json and tokenizer beside open_clip_config.json",
               "Copy them there.");
  }
  pretrained.encoder = files::read_encoder_config(folder, pretrained.encoder.pooling);
  pretrained.tokenizer =
      text::hugging_face::read_tokenizer(folder)->with(text::hugging_face::Cleaning::kRepaired);
  describe_encoder(config.text);
  const TextConfig& text = config.text;
  if (pretrained.tokenizer->largest_id() >= text.vocabulary_size) {
    fail_input(folder.string() + ": its tokenizer gives ids up to " +
                   std::to_string(pretrained.tokenizer->largest_id()) +
                   ", and the text tower's table has " + std::to_string(text.vocabulary_size) +
                   " rows",
               "a tokenizer that belongs to the model");
  }
  if (text.context_length > pretrained.encoder.longest() ||
      text.context_length <= pretrained.tokenizer->least_length()) {
    fail_input(folder.string() + ": has texts of " + std::to_string(text.context_length) +
                   " tokens and an encoder for " + std::to_string(pretrained.encoder.longest()),
               "a context that fits the encoder");
  }
  if (pretrained.projection == TextProjection::kNone && text.width != config.embed_dim) {
    fail_input(folder.string() + ": has no projection from the text tower's width, " +
                   std::to_string(text.width) + ", to " + std::to_string(config.embed_dim),
               "\"hf_proj_type\": \"linear\" or \"mlp\"");
  }
}

ModelConfig with_text_encoder(const ModelConfig& config, const std::string& encoder,
                              int64_t context_length) {
  const files::SentenceEncoderFolder read =
      files::read_sentence_encoder_folder(encoder_folder(encoder));
  const int least = read.tokenizer->least_length() + 1;
  if (context_length > read.config.longest() || (context_length > 0 && context_length < least)) {
    fail_usage("--context-length is " + std::to_string(context_length) + ", and the encoder " +
                   encoder + " takes " + std::to_string(least) + " to " +
                   std::to_string(read.config.longest()) + " tokens",
               "a context that it takes");
  }
  ModelConfig changed = config;
  changed.name = "custom";
  changed.text = TextConfig();
  changed.text.context_length = context_length > 0 ? static_cast<int>(context_length)
                                                   : std::min(kContextLength, read.longest);
  changed.text.pretrained =
      PretrainedText{.encoder = read.config,
                     .projection = TextProjection::kLinear,
                     .name = name_of_encoder(encoder),
                     .tokenizer = read.tokenizer->with(text::hugging_face::Cleaning::kRepaired)};
  describe_encoder(changed.text);
  return changed;
}

std::shared_ptr<Clip> exchange_text_tower(const Clip& model, const std::string& encoder,
                                          int64_t context_length, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const ModelConfig config = with_text_encoder(model.config(), encoder, context_length);
  const fs::path folder = files::read_sentence_encoder_folder(encoder_folder(encoder)).weights;
  const std::vector<NamedTensor> weights =
      files::read_encoder_weights(folder, config.text.pretrained->encoder);
  auto exchanged = std::make_shared<Clip>(config, seed);
  tensor::ParameterTable text;
  for (tensor::TableEntry entry : exchanged->table().entries()) {
    if (entry.name.starts_with(kEncoder)) {
      entry.name.erase(0, kEncoder.size());
      text.add(std::move(entry));
    } else if (!entry.name.starts_with("text.")) {
      entry.leaf.copy_(model.table().at(entry.name).leaf);
    }
  }
  text.load(weights, folder.string(), "the encoder of its config.json");
  exchanged->eval();
  return exchanged;
}

}  // namespace clipwright::models::encoders
