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
#include "models/files/hugging_face_names.h"
#include "models/files/model_file.h"
#include "models/open_clip_directory.h"

namespace clipwright::models::files {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kExpected = "a folder of transformers' CLIPModel";
constexpr const char* kWeights[] = {"model.safetensors", "model.safetensors.index.json",
                                    "pytorch_model.bin", "pytorch_model.bin.index.json"};
constexpr int64_t kMostWidth = 16384, kMostLayers = 256, kMostSize = 8192, kMostRows = 10'000'000;

/// An object of a configuration that states only what differs from its class's defaults.
class Settings {
 public:
  Settings(Json object, std::string where) : object_(std::move(object)), where_(std::move(where)) {
    if (!object_.is_object()) fail_input(where_ + " is no JSON object", kExpected);
  }

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  int whole(const char* key, int64_t fallback, int64_t most) const {
    const Json* value = find(key);
    if (value == nullptr) return static_cast<int>(fallback);
    if (!value->is_number_integer() || value->get<double>() < 1 ||
        value->get<double>() > static_cast<double>(most))
      refuse(key, "a whole number from 1 to " + std::to_string(most));
    return value->get<int>();
  }
  double number(const char* key, double fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number()) refuse(key, "a number");
    return value->get<double>();
  }
  std::string text(const char* key, const std::string& fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_string()) refuse(key, "a text");
    return value->get<std::string>();
  }
  bool flag(const char* key, bool fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) refuse(key, "true or false");
    return value->get<bool>();
  }
  /// The object under `key`; as old files have it, what stands under `key`_dict counts more.
  Settings part(const std::string& key) const {
    Json part = Json::object();
    for (const std::string& name : {key, key + "_dict"}) {
      const Json* found = find(name.c_str());
      if (found == nullptr) continue;
      if (!found->is_object()) refuse(name.c_str(), "an object");
      part.update(*found);
    }
    return Settings(std::move(part), where_ + "." + key);
  }
  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    const Json* value = find(key);
    fail_input(where_ + "." + key + (value == nullptr ? " is missing" : " is " + to_line(*value)),
               expected);
  }

 private:
  Json object_;
  std::string where_;
};

Activation activation_of(const Settings& tower) {
  const std::string name = tower.text("hidden_act", "quick_gelu");
  if (name == "quick_gelu") return Activation::kQuickGelu;
  if (name == "gelu") return Activation::kGelu;
  tower.refuse("hidden_act", "quick_gelu or gelu");
}

/// The ratio by which a tower of `width` gets a hidden layer of exactly `hidden`.
double ratio_of(int hidden, int width) {
  double ratio = static_cast<double>(hidden) / width;
  while (static_cast<int64_t>(width * ratio) < hidden) ratio = std::nextafter(ratio, 1e9);
  return ratio;
}

/// A side as old and new files state it: 224, {"height": 224, "width": 224}, {"shortest_edge":
/// 224}.
std::optional<int> side_of(const Settings& settings, const char* key, bool* shortest) {
  const Json* value = settings.find(key);
  if (value == nullptr) return std::nullopt;
  const Json* side = value;
  *shortest = !value->is_object() || value->contains("shortest_edge");
  if (value->is_object()) {
    side = nullptr;
    for (const char* name : {"shortest_edge", "height"}) {
      if (side == nullptr && value->contains(name)) side = &value->at(name);
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
}

Preprocessing read_preprocessing(const fs::path& file, int image_size) {
  Preprocessing preprocess;
  if (!fs::exists(file)) {
    log_info(file.string() + " is not there; pictures are prepared as OpenAI's models want them");
    return complete_preprocessing(preprocess);
  }
  const Settings settings(read_json(file), file.string());
  read_statistics(settings, "image_mean", preprocess.mean);
  read_statistics(settings, "image_std", preprocess.std);
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
    if (!fs::exists(file)) continue;
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
    if (fs::path(name).filename() != name || name.empty())
      fail_input(index.string() + ": names the file '" + name + "'", "files of the same folder");
    files.push_back(index.parent_path() / name);
  }
  return files;
}

std::vector<NamedTensor> read_all_weights(const fs::path& folder) {
  for (const char* name : kWeights) {
    const fs::path path = folder / name;
    if (!fs::exists(path)) continue;
    if (path.extension() != ".json") return read_weights(path);
    std::vector<NamedTensor> all;
    for (const fs::path& file : files_of_index(path)) {
      if (!fs::exists(file))
        fail_input(file.string() + ": is not there, and " + name + " names it", {},
                   "Fetch the whole folder.");
      std::vector<NamedTensor> some = read_weights(file);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  fail_input(folder.string() + ": has config.json but no weights", kWeights[0],
             "Fetch the whole folder.");
}

}  // namespace

bool is_hugging_face_folder(const fs::path& folder) {
  return fs::is_regular_file(folder / kConfig);
}

ModelConfig read_hugging_face_config(const fs::path& folder) {
  const fs::path file = folder / kConfig;
  const Settings root(read_json(file), file.string());
  const std::string type = root.text("model_type", "");
  if (type != "clip") {
    fail_input(file.string() + ": is a Hugging Face model of the kind '" + type + "'", kExpected,
               "Models of other kinds are not read.");
  }
  const Settings text = root.part("text_config"), vision = root.part("vision_config");
  ModelConfig config;
  config.name = "custom";
  config.embed_dim = root.whole("projection_dim", 512, kMostWidth);
  config.text.width = text.whole("hidden_size", 512, kMostWidth);
  config.text.layers = text.whole("num_hidden_layers", 12, kMostLayers);
  config.text.heads = text.whole("num_attention_heads", 8, kMostWidth);
  config.text.mlp_ratio =
      ratio_of(text.whole("intermediate_size", 2048, 64 * kMostWidth), config.text.width);
  config.text.context_length = text.whole("max_position_embeddings", 77, kMostSize);
  config.text.vocabulary_size = text.whole("vocab_size", 49408, kMostRows);
  config.text.activation = activation_of(text);
  if (text.number("layer_norm_eps", 1e-5) != 1e-5) text.refuse("layer_norm_eps", "1e-05");
  config.vision.width = vision.whole("hidden_size", 768, kMostWidth);
  config.vision.layers = vision.whole("num_hidden_layers", 12, kMostLayers);
  config.vision.heads = vision.whole("num_attention_heads", 12, kMostWidth);
  config.vision.mlp_ratio =
      ratio_of(vision.whole("intermediate_size", 3072, 64 * kMostWidth), config.vision.width);
  config.vision.image_size = vision.whole("image_size", 224, kMostSize);
  config.vision.patch_size = vision.whole("patch_size", 32, kMostSize);
  config.vision.activation = activation_of(vision);
  config.vision.norm_epsilon = vision.number("layer_norm_eps", 1e-5);
  if (vision.whole("num_channels", 3, kMostSize) != 3) vision.refuse("num_channels", "3");
  if (config.text.width % config.text.heads != 0)
    text.refuse("num_attention_heads",
                "a divisor of the width " + std::to_string(config.text.width));
  if (config.vision.width % config.vision.heads != 0)
    vision.refuse("num_attention_heads",
                  "a divisor of the width " + std::to_string(config.vision.width));
  if (!(config.vision.norm_epsilon > 0 && config.vision.norm_epsilon < 1))
    vision.refuse("layer_norm_eps", "a small number above 0");
  if (config.vision.patch_size > config.vision.image_size)
    vision.refuse("patch_size",
                  "at most the picture's size, " + std::to_string(config.vision.image_size));
  config.preprocess =
      read_preprocessing(folder / "preprocessor_config.json", config.vision.image_size);
  return config;
}

std::shared_ptr<Clip> read_hugging_face_folder(const fs::path& folder) {
  const torch::NoGradGuard no_grad;
  const ModelConfig config = read_hugging_face_config(folder);
  check_tokenizer(folder, config.text.vocabulary_size);
  std::vector<NamedTensor> tensors = from_hugging_face(read_all_weights(folder));
  require_enough_numbers(tensors, config, folder.string(), (folder / kConfig).string());
  auto model = std::make_shared<Clip>(config);
  model->load_state(std::move(tensors), folder.string());
  model->eval();
  return model;
}

}  // namespace clipwright::models::files
