#include "models/files/hugging_face.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "models/files/deduced_model.h"
#include "models/files/hugging_face_names.h"
#include "models/files/model_file.h"
#include "models/files/settings.h"
#include "models/open_clip_config.h"
#include "models/open_clip_directory.h"

namespace clipwright::models::files {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kExpected = "a folder of transformers' CLIPModel";
constexpr const char* kWeights[] = {"model.safetensors", "model.safetensors.index.json",
                                    "pytorch_model.bin", "pytorch_model.bin.index.json"};
constexpr int64_t kMostWidth = 16384, kMostLayers = 256, kMostSize = 8192, kMostRows = 10'000'000;

Activation activation_of(const Settings& tower) {
  const std::string name = tower.text("hidden_act", "quick_gelu");
  if (name == "quick_gelu") return Activation::kQuickGelu;
  if (name == "gelu") return Activation::kGelu;
  tower.refuse("hidden_act", "quick_gelu or gelu");
}

/// transformers' defaults of a tower.
struct TowerSizes {
  int width, layers, heads, hidden;
};

/// What both towers' configurations have.
template <typename Tower>
void read_tower(const Settings& settings, const TowerSizes& defaults, Tower& tower) {
  tower.width = settings.whole("hidden_size", defaults.width, kMostWidth);
  tower.layers = settings.whole("num_hidden_layers", defaults.layers, kMostLayers);
  tower.heads = settings.whole("num_attention_heads", defaults.heads, kMostWidth);
  tower.mlp_ratio = mlp_ratio_of(
      settings.whole("intermediate_size", defaults.hidden, 64 * kMostWidth), tower.width);
  tower.activation = activation_of(settings);
  if (tower.width % tower.heads != 0) {
    settings.refuse("num_attention_heads", "a divisor of the width " + std::to_string(tower.width));
  }
}

/// A side as old and new files state it: 224, {"height": 224, "width": 224}, {"shortest_edge":
/// 224}.
std::optional<int> side_of(const Settings& settings, const char* key, bool* shortest) {
  const Json* value = settings.find(key);
  if (value == nullptr) return std::nullopt;
  const Json* side = value;
  *shortest = !value->is_object() ||
              (value->contains("shortest_edge") && !value->at("shortest_edge").is_null());
  if (value->is_object()) {
    side = nullptr;
    for (const char* name : {"shortest_edge", "height"}) {
      if (side == nullptr && value->contains(name) && !value->at(name).is_null())
        side = &value->at(name);
    }
    const bool other = value->contains("height") && value->contains("width") &&
                       value->at("height") != value->at("width");
    if (side == nullptr || other) settings.refuse(key, "a square");
  }
  if (!side->is_number_integer() || side->get<double>() < 1 ||
      side->get<double>() > static_cast<double>(kMostSize))
    settings.refuse(key, "a size in pixels");
  return side->get<int>();
}

void read_statistics(const Settings& settings, const char* key, std::array<double, 3>& values) {
  const Json* list = settings.find(key);
  if (list == nullptr) return;
  if (!list->is_array() || list->size() != 3 ||
      !std::all_of(list->begin(), list->end(), [](const Json& one) { return one.is_number(); }))
    settings.refuse(key, "three numbers");
  for (size_t i = 0; i < 3; ++i) values[i] = list->at(i).get<double>();
  const bool usable =
      std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  if (!usable) settings.refuse(key, "finite numbers");
}

/// transformers 5 writes the processors of a model into one file.
std::optional<Settings> preparation_of(const fs::path& folder) {
  const fs::path alone = folder / "preprocessor_config.json",
                 all = folder / "processor_config.json";
  if (is_there(alone)) return Settings(read_json(alone), alone.string(), kExpected);
  if (!is_there(all)) return std::nullopt;
  const Settings processors(read_json(all), all.string(), kExpected);
  if (processors.find("image_processor") == nullptr) return std::nullopt;
  return processors.part("image_processor");
}

Preprocessing read_preprocessing(const fs::path& folder, int image_size) {
  Preprocessing preprocess;
  const std::optional<Settings> found = preparation_of(folder);
  if (!found) {
    log_info(
        folder.string() +
        " has no preprocessor_config.json; pictures are prepared as OpenAI's models want them");
    return complete_preprocessing(preprocess);
  }
  const Settings& settings = *found;
  read_statistics(settings, "image_mean", preprocess.mean);
  read_statistics(settings, "image_std", preprocess.std);
  if (!std::all_of(preprocess.std.begin(), preprocess.std.end(),
                   [](double value) { return value > 0; }))
    settings.refuse("image_std", "three numbers above 0");
  if (std::abs(settings.number("rescale_factor", 1.0 / 255) - 1.0 / 255) > 1e-9)
    settings.refuse("rescale_factor", "1/255");
  // Pillow's numbers.
  constexpr int kBilinear = 2, kBicubic = 3;
  const int resample = settings.whole("resample", kBicubic, 5);
  if (resample != kBilinear && resample != kBicubic)
    settings.refuse("resample", "2 (bilinear) or 3 (bicubic)");
  preprocess.interpolation =
      resample == kBilinear ? Interpolation::kBilinear : Interpolation::kBicubic;
  for (const char* key : {"do_resize", "do_rescale", "do_normalize"}) {
    if (!settings.flag(key, true)) settings.refuse(key, "true");
  }
  bool shortest = true, ignored = true;
  const int size = side_of(settings, "size", &shortest).value_or(image_size);
  const bool crops = settings.flag("do_center_crop", true);
  const int crop = crops ? side_of(settings, "crop_size", &ignored).value_or(image_size) : size;
  if (crop != image_size || (!shortest && size != image_size)) {
    settings.refuse(crops ? "crop_size" : "size",
                    std::to_string(image_size) + ", the size of the model's pictures");
  }
  if (shortest && !crops) settings.refuse("do_center_crop", "true, or both sides resized");
  preprocess.resize_mode = shortest ? ResizeMode::kShortest : ResizeMode::kSquash;
  preprocess.resize_ratio = shortest ? static_cast<double>(size) / image_size : 1;
  return complete_preprocessing(preprocess);
}

/// Where both have the ids that CLIP's tokenizer gives, it is CLIP's: the merges of another one
/// would have moved them.
void check_tokenizer(const fs::path& folder, int vocabulary_size) {
  for (const auto& [name, place] : {std::pair<const char*, const char*>{"vocab.json", ""},
                                    {"tokenizer.json", "/model/vocab"}}) {
    const fs::path file = folder / name;
    if (!is_there(file)) continue;
    const Json whole = read_json(file);
    const Json::json_pointer pointer{std::string(place)};
    if (!whole.contains(pointer) || !whole.at(pointer).is_object())
      fail_input(file.string() + ": holds no vocabulary", "CLIP's tokenizer");
    const Json& words = whole.at(pointer);
    for (const auto& [word, id] : {std::pair<const char*, int>{"<|startoftext|>", 49406},
                                   {"<|endoftext|>", 49407},
                                   {"dog</w>", 1929}}) {
      const auto found = words.find(word);
      if (found == words.end() || *found != id) {
        fail_input(file.string() + ": is another tokenizer than CLIP's ('" + word + "' is " +
                       (found == words.end() ? "not among its words" : to_line(*found)) + ")",
                   std::to_string(id), "Models with tokenizers of their own are not read.");
      }
    }
    if (vocabulary_size < static_cast<int>(words.size())) {
      fail_input(file.string() + ": has " + std::to_string(words.size()) +
                     " words, and the model's table " + std::to_string(vocabulary_size) + " rows",
                 "a tokenizer that belongs to the model");
    }
    return;
  }
}

/// The files of an index, each once.
std::vector<fs::path> files_of_index(const fs::path& index) {
  const Json json = read_json(index);
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object() || map->empty())
    fail_input(index.string() + ": lists no files", kExpected);
  std::set<std::string> names;
  for (const auto& [tensor, name] : map->items()) {
    if (!name.is_string())
      fail_input(index.string() + ": has no name of a file for " + tensor, kExpected);
    names.insert(name.get<std::string>());
  }
  std::vector<fs::path> files;
  for (const std::string& name : names) {
    // A name and no path: what lies elsewhere is no part of the model.
    if (fs::path(name).filename() != name || name.empty() || name == "." || name == ".." ||
        name.find('\0') != std::string::npos)
      fail_input(index.string() + ": names the file " + to_line(Json(name)),
                 "files of the same folder");
    files.push_back(index.parent_path() / name);
  }
  return files;
}

std::vector<NamedTensor> read_all_weights(const fs::path& folder) {
  std::vector<NamedTensor> all;
  std::set<std::string> names;
  for (const fs::path& file : hugging_face_weights(folder)) {
    for (NamedTensor& one : read_weights(file)) {
      if (!names.insert(one.first).second)
        fail_input(
            file.string() + ": holds " + one.first + ", which another of the files holds too",
            kExpected);
      all.push_back(std::move(one));
    }
  }
  return all;
}

void require_distinct(const std::vector<NamedTensor>& tensors, const fs::path& folder) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second)
      fail_input(folder.string() + ": holds " + name + " twice, under two names", kExpected);
  }
}

/// Positions of another resolution or context are refused, as transformers refuses them.
void require_own_positions(const std::vector<NamedTensor>& tensors, const ModelConfig& config,
                           const fs::path& folder) {
  const int64_t side = config.vision.image_size / config.vision.patch_size;
  for (const auto& [name, tensor] : tensors) {
    const int64_t expected = name == "positional_embedding"          ? config.text.context_length
                             : name == "visual.positional_embedding" ? side * side + 1
                                                                     : -1;
    if (expected >= 0 && tensor.dim() > 0 && tensor.size(0) != expected) {
      fail_input(folder.string() + ": has positions for " + std::to_string(tensor.size(0)) +
                     " places, and " + kConfig + " says " + std::to_string(expected),
                 "weights and a configuration of one model");
    }
  }
}

}  // namespace

std::vector<NamedTensor> read_hugging_face_weights(const fs::path& folder) {
  std::vector<NamedTensor> tensors = read_all_weights(folder);
  require_finite(tensors, folder.string());
  return tensors;
}

bool is_hugging_face_folder(const fs::path& folder) { return is_there(folder / kConfig); }

std::vector<fs::path> hugging_face_weights(const fs::path& folder) {
  for (const char* name : kWeights) {
    const fs::path path = folder / name;
    if (!is_there(path)) continue;
    if (path.extension() != ".json") return {path};
    const std::vector<fs::path> files = files_of_index(path);
    for (const fs::path& file : files) {
      if (!is_there(file))
        fail_input(file.string() + ": is not there, and " + name + " names it", {},
                   "Fetch the whole folder.");
    }
    return files;
  }
  fail_input(folder.string() + ": has config.json but no weights", kWeights[0],
             "Fetch the whole folder.");
}

ModelConfig read_hugging_face_config(const fs::path& folder) {
  const fs::path file = folder / kConfig;
  const Settings root(read_json(file), file.string(), kExpected);
  const std::string type = root.text("model_type", "");
  if (type != "clip") {
    fail_input(file.string() + ": is a Hugging Face model of the kind " + to_line(Json(type)),
               kExpected,
               type.starts_with("siglip") ? kNoSiglip
               : type == "bert" || type == "roberta"
                   ? "A sentence encoder embeds texts (embed --texts), and `train --text-model` "
                     "takes it."
                   : "Models of other kinds are not read.");
  }
  const Settings text = root.part("text_config"), vision = root.part("vision_config");
  ModelConfig config;
  config.name = "custom";
  config.embed_dim = root.whole("projection_dim", 512, kMostWidth);
  read_tower(text, {.width = 512, .layers = 12, .heads = 8, .hidden = 2048}, config.text);
  config.text.context_length = text.whole("max_position_embeddings", 77, kMostSize);
  config.text.vocabulary_size = text.whole("vocab_size", 49408, kMostRows);
  // The text's feature is read at its end token; 2 is what old files say, and means the highest id.
  constexpr int kOldEnd = 2;
  const int end = text.whole("eos_token_id", config.text.vocabulary_size - 1, kMostRows);
  if (end != kOldEnd && end != config.text.vocabulary_size - 1)
    text.refuse("eos_token_id", std::to_string(config.text.vocabulary_size - 1) + ", the last id");
  if (text.number("layer_norm_eps", 1e-5) != 1e-5) text.refuse("layer_norm_eps", "1e-05");
  read_tower(vision, {.width = 768, .layers = 12, .heads = 12, .hidden = 3072}, config.vision);
  config.vision.image_size = vision.whole("image_size", 224, kMostSize);
  config.vision.patch_size = vision.whole("patch_size", 32, kMostSize);
  config.vision.norm_epsilon = vision.number("layer_norm_eps", 1e-5);
  if (vision.whole("num_channels", 3, kMostSize) != 3) vision.refuse("num_channels", "3");
  if (!(config.vision.norm_epsilon > 0 && config.vision.norm_epsilon < 1))
    vision.refuse("layer_norm_eps", "a small number above 0");
  if (config.vision.patch_size > config.vision.image_size)
    vision.refuse("patch_size",
                  "at most the picture's size, " + std::to_string(config.vision.image_size));
  // transformers leaves out the rest of such pictures, at the right and below.
  if (config.vision.image_size % config.vision.patch_size != 0)
    vision.refuse("image_size",
                  "a multiple of the patch size, " + std::to_string(config.vision.patch_size));
  config.preprocess = read_preprocessing(folder, config.vision.image_size);
  return config;
}

std::shared_ptr<Clip> read_hugging_face_folder(const fs::path& folder) {
  const torch::NoGradGuard no_grad;
  const ModelConfig config = read_hugging_face_config(folder);
  check_tokenizer(folder, config.text.vocabulary_size);
  std::vector<NamedTensor> tensors = from_hugging_face(read_hugging_face_weights(folder));
  require_enough_numbers(tensors, config, folder.string(), (folder / kConfig).string());
  require_distinct(tensors, folder);
  require_own_positions(tensors, config, folder);
  auto model = std::make_shared<Clip>(config);
  model->load_state(std::move(tensors), folder.string());
  model->eval();
  return model;
}

}  // namespace clipwright::models::files
