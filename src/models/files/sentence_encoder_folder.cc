#include "models/files/sentence_encoder_folder.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "models/files/hugging_face.h"
#include "models/files/settings.h"
#include "text/hugging_face/read_tokenizer.h"

namespace clipwright::models::files {
namespace {

constexpr const char *kConfig = "config.json", *kModules = "modules.json";
constexpr const char* kExpected = "a sentence encoder made of BERT or RoBERTa";
constexpr int64_t kMostWidth = 16384, kMostLayers = 256, kMostRows = 10'000'000,
                  kMostPositions = 1'000'000;

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

Settings read_settings(const fs::path& path) {
  return Settings(read_json(path), path.string(), kExpected);
}
Settings read_settings_if_there(const fs::path& path) {
  return is_there(path) ? read_settings(path) : Settings(Json::object(), path.string(), kExpected);
}

/// Where a module's files lie: a folder's name, or nothing for the folder itself.
fs::path module_folder(const fs::path& folder, const Json& module) {
  const auto found = module.find("path");
  const std::string name =
      found != module.end() && found->is_string() ? found->get<std::string>() : "";
  if (name.empty()) return folder;
  if (fs::path(name).filename() != name || name == "." || name == ".." ||
      name.find('\0') != std::string::npos)
    fail_input((folder / kModules).string() + ": names the folder " + to_line(Json(name)),
               "folders beside it");
  return folder / name;
}

/// sentence-transformers' names of ways to pool, those that are understood first.
constexpr std::pair<std::string_view, Pooling> kPoolings[] = {
    {"mean", Pooling::kMean}, {"cls", Pooling::kClassToken}, {"lasttoken", Pooling::kLastToken}};
constexpr std::pair<const char*, std::string_view> kOldPoolings[] = {
    {"pooling_mode_cls_token", "cls"},
    {"pooling_mode_max_tokens", "max"},
    {"pooling_mode_mean_tokens", "mean"},
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    {"pooling_mode_weightedmean_tokens", "weightedmean"},
    {"pooling_mode_lasttoken", "lasttoken"}};

Pooling read_pooling(const fs::path& folder) {
  const fs::path file = folder / kConfig;
  const Settings settings = read_settings(file);
  std::vector<std::string> modes;
  if (const Json* mode = settings.find("pooling_mode"); mode != nullptr) {
    for (const Json& one : mode->is_array() ? *mode : Json::array({*mode})) {
      if (!one.is_string()) settings.refuse("pooling_mode", "mean, cls or lasttoken");
      modes.push_back(one.get<std::string>());
    }
  } else {
    for (const auto& [key, name] : kOldPoolings) {
      if (settings.flag(key, false)) modes.emplace_back(name);
    }
    if (modes.empty()) modes.emplace_back("mean");
  }
  for (const auto& [name, pooling] : kPoolings) {
    if (modes.size() == 1 && modes[0] == name) return pooling;
  }
  std::string list;
  for (const std::string& mode : modes) list += (list.empty() ? "" : " and ") + mode;
  fail_input(file.string() + ": pools by " + list, "mean, cls or lasttoken",
             "Encoders that pool in other ways are not read.");
}

/// The modules of a folder.
struct Modules {
  fs::path transformer;
  Pooling pooling = Pooling::kMean;
};

Modules read_modules(const fs::path& folder) {
  const fs::path file = folder / kModules;
  const Json list = read_json(file);
  if (!list.is_array() || list.empty()) fail_input(file.string() + ": is no list", "modules");
  Modules modules;
  size_t place = 0;
  for (const Json& module : list) {
    const std::string whole =
        module.is_object() && module.contains("type") && module["type"].is_string()
            ? module["type"].get<std::string>()
            : "";
    const std::string type = whole.substr(whole.rfind('.') + 1);
    constexpr std::string_view kOrder[] = {"Transformer", "Pooling", "Normalize"};
    if (place >= std::size(kOrder) || type != kOrder[place]) {
      fail_input(file.string() + ": module " + std::to_string(place) + " is " +
                     (type.empty() ? "of no type" : "a " + type),
                 "Transformer, Pooling and perhaps Normalize, in this order",
                 "Encoders with other modules are not read.");
    }
    if (place == 0) modules.transformer = module_folder(folder, module);
    if (place == 1) modules.pooling = read_pooling(module_folder(folder, module));
    ++place;
  }
  if (place < 2) fail_input(file.string() + ": has no Pooling", "Transformer and Pooling");
  return modules;
}

/// A prompt that every text gets is not read, and would be missed.
void refuse_prompts(const fs::path& folder) {
  const Settings settings = read_settings_if_there(folder / "config_sentence_transformers.json");
  const std::string name = settings.text("default_prompt_name", "");
  if (name.empty()) return;
  const Json* prompts = settings.find("prompts");
  const bool empty = prompts != nullptr && prompts->is_object() && prompts->contains(name) &&
                     prompts->at(name) == "";
  if (!empty)
    settings.refuse("default_prompt_name",
                    "null: encoders with a prompt before every text are "
                    "not read");
}

int longest_text(const fs::path& folder, const EncoderConfig& config) {
  const int most = config.longest();
  const Settings sentence = read_settings_if_there(folder / "sentence_bert_config.json");
  if (sentence.find("max_seq_length") != nullptr)
    return std::min(most, sentence.whole("max_seq_length", most, kMostPositions));
  const Settings tokenizer = read_settings_if_there(folder / "tokenizer_config.json");
  const Json* stated = tokenizer.find("model_max_length");
  // What no model limits is written as 1e30.
  if (stated == nullptr || !stated->is_number() || stated->get<double>() < 1 ||
      stated->get<double>() > most)
    return most;
  return static_cast<int>(stated->get<double>());
}

constexpr std::string_view kPrefixes[] = {"bert.", "roberta."};
constexpr std::string_view kHeads[] = {"cls.", "lm_head.", "classifier.", "qa_outputs."};

/// The encoder's name of a tensor; empty for a head's.
std::string plain_name(std::string name) {
  for (const std::string_view prefix : kPrefixes) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
  for (const std::string_view head : kHeads) {
    if (name.starts_with(head)) return {};
  }
  constexpr std::pair<std::string_view, std::string_view> kOldNames[] = {
      {"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}};
  for (const auto& [old, now] : kOldNames) {
    if (name.ends_with(old)) name.replace(name.size() - old.size(), old.size(), now);
  }
  return name;
}

void require_enough(const std::vector<NamedTensor>& tensors, const EncoderConfig& config,
                    const fs::path& folder) {
  double numbers = 0;
  for (const auto& [name, tensor] : tensors) numbers += static_cast<double>(tensor.numel());
  const double width = config.width, hidden = config.hidden;
  const double least = (static_cast<double>(config.vocabulary_size) + config.positions) * width +
                       config.layers * (4 * width * width + 2 * width * hidden);
  if (numbers < least)
    fail_input(
        folder.string() + ": holds fewer numbers than the model that " + kConfig + " describes",
        "weights of that model");
}

}  // namespace

bool is_sentence_encoder_folder(const fs::path& folder) {
  if (is_there(folder / kModules)) return true;
  if (!is_hugging_face_folder(folder)) return false;
  const Settings settings = read_settings(folder / kConfig);
  const std::string type = settings.text("model_type", "");
  return type == "bert" || type == "roberta" || type == "xlm-roberta" || type == "distilbert" ||
         type == "mpnet";
}

EncoderConfig read_encoder_config(const fs::path& folder, Pooling pooling) {
  const Settings settings = read_settings(folder / kConfig);
  const std::string type = settings.text("model_type", "");
  EncoderConfig config;
  config.pooling = pooling;
  if (type == "roberta") {
    config.kind = EncoderKind::kRoberta;
    config.vocabulary_size = 50265;
    config.padding = 1;
  } else if (type != "bert") {
    fail_input((folder / kConfig).string() + ": is a model of the kind " + to_line(Json(type)),
               kExpected, "Encoders of other kinds are not read.");
  }
  config.width = settings.whole("hidden_size", config.width, kMostWidth);
  config.layers = settings.whole("num_hidden_layers", config.layers, kMostLayers);
  config.heads = settings.whole("num_attention_heads", config.heads, kMostWidth);
  config.hidden = settings.whole("intermediate_size", config.hidden, 64 * kMostWidth);
  config.vocabulary_size = settings.whole("vocab_size", config.vocabulary_size, kMostRows);
  config.positions = settings.whole("max_position_embeddings", config.positions, kMostPositions);
  config.token_types = settings.whole("type_vocab_size", config.token_types, kMostWidth);
  config.norm_epsilon = settings.number("layer_norm_eps", config.norm_epsilon);
  if (const Json* padding = settings.find("pad_token_id"); padding != nullptr) {
    if (!padding->is_number_integer() || padding->get<double>() < 0 ||
        padding->get<double>() >= config.vocabulary_size)
      settings.refuse("pad_token_id", "an id of the vocabulary");
    config.padding = padding->get<int>();
  }
  if (config.width % config.heads != 0)
    settings.refuse("num_attention_heads",
                    "a divisor of the width " + std::to_string(config.width));
  if (!(config.norm_epsilon > 0 && config.norm_epsilon < 1))
    settings.refuse("layer_norm_eps", "a small number above 0");
  if (config.longest() < 3) settings.refuse("max_position_embeddings", "room for three tokens");
  if (settings.text("hidden_act", "gelu") != "gelu") settings.refuse("hidden_act", "gelu");
  if (settings.text("position_embedding_type", "absolute") != "absolute")
    settings.refuse("position_embedding_type", "absolute");
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (settings.flag(key, false)) settings.refuse(key, "false");
  }
  return config;
}

SentenceEncoderFolder read_sentence_encoder_folder(const fs::path& folder) {
  Modules modules{.transformer = folder};
  if (is_there(folder / kModules)) {
    modules = read_modules(folder);
    refuse_prompts(folder);
  } else {
    log_info(folder.string() +
             ": has no modules.json, so a text's feature is the mean of its tokens' rows, as "
             "sentence-transformers takes it");
  }
  SentenceEncoderFolder encoder;
  encoder.weights = modules.transformer;
  encoder.config = read_encoder_config(encoder.weights, modules.pooling);
  encoder.longest = longest_text(encoder.weights, encoder.config);
  const bool lower = read_settings_if_there(encoder.weights / "sentence_bert_config.json")
                         .flag("do_lower_case", false);
  encoder.tokenizer = text::hugging_face::read_tokenizer(encoder.weights);
  if (lower) encoder.tokenizer = encoder.tokenizer->with(text::hugging_face::Cleaning::kLowerCase);
  if (encoder.tokenizer->largest_id() >= encoder.config.vocabulary_size) {
    fail_input(encoder.weights.string() + ": its tokenizer gives ids up to " +
                   std::to_string(encoder.tokenizer->largest_id()) +
                   ", and the model's table has " + std::to_string(encoder.config.vocabulary_size) +
                   " rows",
               "a tokenizer that belongs to the model");
  }
  if (encoder.longest < encoder.tokenizer->least_length() + 1)
    fail_input(encoder.weights.string() + ": cuts texts to " + std::to_string(encoder.longest) +
                   " tokens, of which none is the text's",
               "room for a text");
  return encoder;
}

std::vector<NamedTensor> read_encoder_weights(const fs::path& folder, const EncoderConfig& config) {
  std::vector<NamedTensor> tensors;
  std::set<std::string> heads, names;
  for (auto& [name, tensor] : read_hugging_face_weights(folder)) {
    std::string plain = plain_name(name);
    if (plain.empty()) {
      heads.insert(name.substr(0, name.find('.')));
      continue;
    }
    // 0, 1, 2, ... of old versions; and BERT's pooler, where it is not asked.
    if (plain.ends_with("embeddings.position_ids") ||
        plain.ends_with("embeddings.token_type_ids") ||
        (plain.starts_with("pooler.") && config.pooling != Pooling::kPooler))
      continue;
    if (!names.insert(plain).second)
      fail_input(folder.string() + ": holds " + plain + " twice, under two names", kExpected);
    tensors.emplace_back(std::move(plain), tensor);
  }
  std::string list;
  for (const std::string& head : heads) list += (list.empty() ? "" : ", ") + head;
  if (!list.empty()) log_info(folder.string() + ": its heads are not read (" + list + ")");
  require_enough(tensors, config, folder);
  return tensors;
}

}  // namespace clipwright::models::files
