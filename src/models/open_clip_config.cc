#include "models/open_clip_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <regex>
#include <set>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::models {
namespace {

/// One JSON object of the file; every key must be asked for before `finish`.
class Section {
 public:
  Section(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object())
      fail_input(where_ + " is not a JSON object", "an open_clip model configuration");
  }

  bool has(const char* key) {
    seen_.insert(key);
    const auto found = object_.find(key);
    return found != object_.end() && !found->is_null();
  }

  /// Whether it is there, be it null.
  bool states(const char* key) const { return object_.contains(key); }

  int64_t whole(const char* key, int64_t fallback, int64_t least, int64_t most) {
    if (!has(key)) return fallback;
    const Json& value = object_.at(key);
    if (!value.is_number_integer() || value.get<double>() < static_cast<double>(least) ||
        value.get<double>() > static_cast<double>(most)) {
      refuse(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return value.get<int64_t>();
  }

  double number(const char* key, double fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_number()) refuse(key, "a number");
    return object_.at(key).get<double>();
  }

  bool flag(const char* key, bool fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_boolean()) refuse(key, "true or false");
    return object_.at(key).get<bool>();
  }

  std::string text(const char* key, const std::string& fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_string()) refuse(key, "a text");
    return object_.at(key).get<std::string>();
  }

  const Json& value(const char* key) {
    seen_.insert(key);
    return object_.at(key);
  }

  Section section(const char* key) {
    seen_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end())
      fail_input(where_ + " has no '" + key + "'", "an open_clip model configuration");
    return Section(*found, where_ + "." + key);
  }

  /// A feature that this program does not have: only its "off" value may be there.
  void only(const char* key, const Json& off) {
    if (!has(key)) return;
    const Json& value = object_.at(key);
    const bool same = value.is_number() && off.is_number()
                          ? value.get<double>() == off.get<double>()
                          : value == off;
    if (!same) {
      fail_input(
          where_ + "." + key + " is " + to_line(value) + ", a part that this program does not have",
          to_line(off),
          "Supported are OpenAI's and open_clip's plain ViT and ResNet models, LaCLIP's, and "
          "timm's "
          "plain vision transformers.");
    }
  }

  [[noreturn]] void refuse(const char* key, const std::string& expected,
                           const std::string& advice = {}) const {
    const auto found = object_.find(key);
    fail_input(
        where_ + "." + key + (found == object_.end() ? " is missing" : " is " + to_line(*found)),
        expected, advice);
  }

  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (seen_.contains(key)) continue;
      const std::string near = nearest(key, {seen_.begin(), seen_.end()});
      fail_input(where_ + " has the unknown key '" + key + "'", "the keys of open_clip 3.3.0",
                 near.empty() ? "" : "Did you mean '" + near + "'?");
    }
  }

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string> seen_;
};

/// A key of our own: open_clip stops at it, where its tokens would be others than the table's.
constexpr const char *kTokenNumbering = "token_numbering", *kOpenaiNumbering = "openai",
                     *kDeclipNumbering = "declip";

constexpr int64_t kMostWidth = 16384, kMostLayers = 256, kMostSize = 8192;

/// Blocks that open_clip offers beyond the plain one.
void refuse_custom_blocks(Section& tower) {
  tower.only("ls_init_value", nullptr);
  if (tower.has("block_type")) tower.only("block_type", "default");
  for (const char* key : {"qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner",
                          "scale_attn", "scale_fc", "output_tokens", "final_ln_after_pool"}) {
    tower.only(key, false);
  }
  tower.only("act_kwargs", nullptr);
}

int square_size(Section& tower, const char* key, int fallback) {
  if (!tower.has(key)) return fallback;
  const Json& value = tower.value(key);
  if (value.is_array() && value.size() == 2 && value[0] == value[1] &&
      value[0].is_number_integer()) {
    const auto size = value[0].get<int64_t>();
    if (size >= 1 && size <= kMostSize) return static_cast<int>(size);
  }
  return static_cast<int>(tower.whole(key, fallback, 1, kMostSize));
}

struct TimmSize {
  const char* name;
  int width, layers, heads;
};
constexpr TimmSize kTimmSizes[] = {
    {"tiny", 192, 12, 3}, {"small", 384, 12, 6}, {"base", 768, 12, 12}, {"large", 1024, 24, 16}};

VisionConfig parse_timm(Section& tower) {
  VisionConfig vision;
  const std::string name = tower.text("timm_model_name", "");
  if (name.find("siglip") != std::string::npos)
    tower.refuse("timm_model_name", "a CLIP model", kNoSiglip);
  std::smatch match;
  static const std::regex kPattern(
      "vit_(tiny|small|base|large)_patch([1-9][0-9]?)_([1-9][0-9]{1,3})");
  if (!std::regex_match(name, match, kPattern)) {
    tower.refuse("timm_model_name",
                 "a plain vision transformer of timm's (tiny, small, base or large), such as "
                 "vit_base_patch16_224");
  }
  for (const TimmSize& size : kTimmSizes) {
    if (match[1] != size.name) continue;
    vision.width = size.width;
    vision.layers = size.layers;
    vision.heads = size.heads;
  }
  vision.patch_size = std::stoi(match[2]);
  vision.image_size = std::stoi(match[3]);
  vision.norm_epsilon = 1e-6;
  vision.norm_before_blocks = false;
  vision.patch_bias = true;
  vision.timm_names = true;
  const std::string pool = tower.text("timm_pool", "avg");
  if (pool != "token" && pool != "avg")
    tower.refuse("timm_pool", "token (the class token's row) or avg (the mean of the patches')");
  vision.mean_pooling = pool == "avg";
  // Without a projection of its own timm's head is one, and its norm another.
  if (tower.text("timm_proj", "linear") != "linear") tower.refuse("timm_proj", "linear");
  vision.projection_bias = tower.flag("timm_proj_bias", false);
  tower.only("timm_drop", 0);
  tower.only("timm_drop_path", 0);
  tower.flag("timm_model_pretrained", false);
  if (tower.has("timm_model_kwargs")) {
    Section kwargs = tower.section("timm_model_kwargs");
    vision.qk_norm = kwargs.flag("qk_norm", false);
    vision.width = static_cast<int>(kwargs.whole("embed_dim", vision.width, 1, kMostWidth));
    vision.layers = static_cast<int>(kwargs.whole("depth", vision.layers, 1, kMostLayers));
    vision.heads = static_cast<int>(kwargs.whole("num_heads", vision.heads, 1, kMostWidth));
    vision.mlp_ratio = kwargs.number("mlp_ratio", vision.mlp_ratio);
    vision.patch_size =
        static_cast<int>(kwargs.whole("patch_size", vision.patch_size, 1, kMostSize));
    vision.image_size = static_cast<int>(kwargs.whole("img_size", vision.image_size, 1, kMostSize));
    kwargs.finish();
  }
  if (square_size(tower, "image_size", vision.image_size) != vision.image_size) {
    tower.refuse("image_size", std::to_string(vision.image_size) + ", the size of the timm tower");
  }
  return vision;
}

VisionConfig parse_vision(Section tower, bool quick_gelu) {
  VisionConfig vision;
  if (tower.has("timm_model_name")) {
    vision = parse_timm(tower);
  } else {
    vision.image_size = square_size(tower, "image_size", 224);
    vision.width = static_cast<int>(tower.whole("width", 768, 1, kMostWidth));
    const int head_width = static_cast<int>(tower.whole("head_width", 64, 1, kMostWidth));
    if (quick_gelu) vision.activation = Activation::kQuickGelu;
    if (tower.has("layers") && tower.value("layers").is_array()) {
      for (const Json& layers : tower.value("layers")) {
        if (!layers.is_number_integer() || layers.get<double>() < 1 ||
            layers.get<double>() > kMostLayers)
          tower.refuse("layers", "four whole numbers");
        vision.resnet_layers.push_back(layers.get<int>());
      }
      if (vision.resnet_layers.size() != 4)
        tower.refuse("layers", "four stages of a ResNet, or one number");
      vision.heads = vision.width * 32 / head_width;
      vision.patch_size = 0;
      if (tower.has("patch_size")) tower.whole("patch_size", 0, 0, kMostSize);
    } else {
      vision.layers = static_cast<int>(tower.whole("layers", 12, 1, kMostLayers));
      vision.patch_size = square_size(tower, "patch_size", 16);
      vision.heads = vision.width / head_width;
      vision.mlp_ratio = tower.number("mlp_ratio", 4);
      vision.norm_before_blocks = !tower.flag("no_ln_pre", false);
      if (tower.has("norm_kwargs")) {
        Section kwargs = tower.section("norm_kwargs");
        vision.norm_epsilon = kwargs.number("eps", 1e-5);
        kwargs.finish();
      }
    }
  }
  if (tower.number("patch_dropout", 0) > 0)
    log_warning("the model was trained with patch dropout; this program does not drop patches");
  refuse_custom_blocks(tower);
  tower.only("attentional_pool", false);
  tower.only("pos_embed_type", "learnable");
  if (const std::string pool = tower.text("pool_type", "tok"); pool == "avg") {
    if (vision.resnet_layers.empty() && !vision.timm_names) vision.mean_pooling = true;
  } else if (pool != "tok") {
    tower.refuse("pool_type", "tok (the class token's row) or avg (the mean of the patches')");
  }
  // Read for nothing: they have no effect on the towers above.
  for (const char* key :
       {"attn_pooler_queries", "attn_pooler_heads", "timm_model_pretrained", "timm_pool",
        "timm_proj", "timm_proj_bias", "timm_drop", "timm_drop_path", "width", "layers",
        "patch_size", "head_width", "mlp_ratio", "no_ln_pre", "norm_kwargs", "timm_model_name"}) {
    tower.has(key);
  }
  tower.finish();
  const bool transformer = vision.resnet_layers.empty();
  if (vision.heads < 1 ||
      (transformer ? vision.width % vision.heads : vision.width * 32 % vision.heads) != 0) {
    tower.refuse("width", "a multiple of the head width");
  }
  if (transformer && vision.image_size % vision.patch_size != 0) {
    tower.refuse("image_size", "a multiple of the patch size " + std::to_string(vision.patch_size));
  }
  if (!transformer && vision.image_size < 32)
    tower.refuse("image_size", "at least 32 for a ResNet");
  if (!(vision.mlp_ratio > 0 && vision.mlp_ratio <= 64))
    tower.refuse("mlp_ratio", "a number above 0 and at most 64");
  if (!(vision.norm_epsilon > 0 && vision.norm_epsilon < 1))
    tower.refuse("norm_kwargs", "an eps between 0 and 1");
  return vision;
}

constexpr std::pair<const char*, TextProjection> kProjections[] = {
    {"linear", TextProjection::kLinear}, {"mlp", TextProjection::kMlp}};
/// Those of open_clip, and one of our own, at which it stops.
constexpr std::pair<const char*, Pooling> kPoolers[] = {
    {"mean_pooler", Pooling::kMean},
    {"cls_last_hidden_state_pooler", Pooling::kClassToken},
    {"cls_pooler", Pooling::kPooler},
    {"last_token_pooler", Pooling::kLastToken}};

/// A Hugging Face text tower. What its encoder is made of stands in files beside this one.
TextConfig parse_pretrained_text(Section tower) {
  TextConfig text;
  PretrainedText& pretrained = text.pretrained.emplace();
  pretrained.name = tower.text("hf_model_name", "");
  text.context_length = static_cast<int>(tower.whole("context_length", 77, 3, kMostSize));
  // Left out it is a projection in two steps; null is none.
  const bool says_none = tower.states("hf_proj_type") && !tower.has("hf_proj_type");
  const std::string projection = tower.text("hf_proj_type", says_none ? "" : "mlp");
  pretrained.projection = TextProjection::kNone;
  for (const auto& [name, kind] : kProjections) {
    if (projection == name) pretrained.projection = kind;
  }
  if (pretrained.projection == TextProjection::kNone && !projection.empty())
    tower.refuse("hf_proj_type", "linear, mlp or null");
  const std::string pooler = tower.text("hf_pooler_type", "mean_pooler");
  const auto known = std::find_if(std::begin(kPoolers), std::end(kPoolers),
                                  [&](const auto& entry) { return pooler == entry.first; });
  if (known == std::end(kPoolers))
    tower.refuse("hf_pooler_type", "mean_pooler, cls_last_hidden_state_pooler or cls_pooler");
  pretrained.encoder.pooling = known->second;
  for (const char* key : {"tokenizer_kwargs", "norm_kwargs", "tokenizer_mode"})
    tower.only(key, nullptr);
  tower.only("output_tokens", false);
  // The tokenizer is the encoder's, whatever its name; the rest is of open_clip's own tower.
  for (const char* key : {"hf_tokenizer_name", "hf_model_pretrained", "width", "heads", "layers",
                          "vocab_size", "mlp_ratio", "proj_type", "proj_bias", "pool_type"})
    tower.has(key);
  tower.finish();
  return text;
}

TextConfig parse_text(Section tower, bool quick_gelu) {
  if (tower.has("hf_model_name")) return parse_pretrained_text(std::move(tower));
  TextConfig text;
  text.context_length = static_cast<int>(tower.whole("context_length", 77, 3, kMostSize));
  text.vocabulary_size = static_cast<int>(tower.whole("vocab_size", 49408, 1, 10'000'000));
  text.width = static_cast<int>(tower.whole("width", 512, 1, kMostWidth));
  text.heads = static_cast<int>(tower.whole("heads", 8, 1, kMostWidth));
  text.layers = static_cast<int>(tower.whole("layers", 12, 1, kMostLayers));
  text.mlp_ratio = tower.number("mlp_ratio", 4);
  if (quick_gelu) text.activation = Activation::kQuickGelu;
  for (const char* key : {"hf_model_name", "hf_tokenizer_name", "tokenizer_kwargs", "norm_kwargs"})
    tower.only(key, nullptr);
  if (tower.has("tokenizer_mode")) tower.only("tokenizer_mode", "clip");
  if (tower.has("text_arch")) tower.only("text_arch", "clip");
  for (const char* key : {"embed_cls", "no_causal_mask"}) tower.only(key, false);
  text.projection_bias = tower.flag("proj_bias", false);
  if (tower.has(kTokenNumbering)) {
    const std::string numbering = tower.text(kTokenNumbering, "");
    if (numbering != kOpenaiNumbering && numbering != kDeclipNumbering)
      tower.refuse(kTokenNumbering, "openai or declip");
    text.declip_numbering = numbering == kDeclipNumbering;
  }
  tower.only("pool_type", "argmax");
  tower.only("proj_type", "linear");
  refuse_custom_blocks(tower);
  for (const char* key : {"pad_id", "eos_id", "hf_model_pretrained", "hf_proj_type",
                          "hf_pooler_type", "norm_kwargs", "tokenizer_mode"})
    tower.has(key);
  tower.finish();
  if (text.words() < 3 && text.declip_numbering)
    tower.refuse("vocab_size", "words, the mask, start and end");
  if (text.width % text.heads != 0) tower.refuse("width", "a multiple of the number of heads");
  if (!(text.mlp_ratio > 0 && text.mlp_ratio <= 64))
    tower.refuse("mlp_ratio", "a number above 0 and at most 64");
  return text;
}

std::array<double, 3> three_numbers(Section& section, const char* key,
                                    const std::array<double, 3>& fallback) {
  if (!section.has(key)) return fallback;
  const Json& value = section.value(key);
  std::array<double, 3> numbers{};
  if (value.is_number()) {
    numbers.fill(value.get<double>());
    return numbers;
  }
  if (!value.is_array() || value.size() != 3) section.refuse(key, "three numbers");
  for (size_t i = 0; i < 3; ++i) {
    if (!value[i].is_number()) section.refuse(key, "three numbers");
    numbers[i] = value[i].get<double>();
  }
  return numbers;
}

Preprocessing parse_preprocess(Section section) {
  Preprocessing written;
  written.mean = three_numbers(section, "mean", written.mean);
  written.std = three_numbers(section, "std", written.std);
  for (const double value : written.std) {
    if (!(value > 0)) section.refuse("std", "three positive numbers");
  }
  if (section.has("interpolation") &&
      !parse_interpolation(section.text("interpolation", ""), written.interpolation))
    section.refuse("interpolation", "bicubic or bilinear");
  if (section.has("resize_mode") &&
      !parse_resize_mode(section.text("resize_mode", ""), written.resize_mode))
    section.refuse("resize_mode", "shortest or squash");
  section.only("mode", "RGB");
  for (const char* key : {"size", "fill_color"}) section.has(key);
  section.finish();
  return complete_preprocessing(written);
}

Json timm_vision_json(const VisionConfig& vision) {
  Json json;
  const TimmSize* nearest_size = &kTimmSizes[2];
  for (const TimmSize& size : kTimmSizes) {
    if (size.width == vision.width && size.layers == vision.layers) nearest_size = &size;
  }
  Json kwargs = Json::object();
  if (vision.qk_norm) kwargs["qk_norm"] = true;
  if (vision.width != nearest_size->width) kwargs["embed_dim"] = vision.width;
  if (vision.layers != nearest_size->layers) kwargs["depth"] = vision.layers;
  if (vision.heads != nearest_size->heads) kwargs["num_heads"] = vision.heads;
  if (vision.mlp_ratio != 4) kwargs["mlp_ratio"] = vision.mlp_ratio;
  if (vision.patch_size != 16) kwargs["patch_size"] = vision.patch_size;
  if (vision.image_size != 224) kwargs["img_size"] = vision.image_size;
  json["timm_model_name"] = "vit_" + std::string(nearest_size->name) + "_patch16_224";
  json["timm_model_pretrained"] = false;
  json["timm_pool"] = vision.mean_pooling ? "avg" : "token";
  json["timm_proj"] = "linear";
  if (vision.projection_bias) json["timm_proj_bias"] = true;
  if (!kwargs.empty()) json["timm_model_kwargs"] = kwargs;
  json["image_size"] = vision.image_size;
  return json;
}

Json vision_json(const VisionConfig& vision) {
  if (vision.timm_names) return timm_vision_json(vision);
  Json json;
  json["image_size"] = vision.image_size;
  json["layers"] = vision.resnet_layers.empty() ? Json(vision.layers) : Json(vision.resnet_layers);
  json["width"] = vision.width;
  json["patch_size"] = vision.resnet_layers.empty() ? Json(vision.patch_size) : Json(nullptr);
  const int head_width =
      (vision.resnet_layers.empty() ? vision.width : vision.width * 32) / vision.heads;
  if (head_width != 64) json["head_width"] = head_width;
  if (vision.mlp_ratio != 4) json["mlp_ratio"] = vision.mlp_ratio;
  if (!vision.norm_before_blocks) json["no_ln_pre"] = true;
  if (vision.mean_pooling) json["pool_type"] = "avg";
  if (vision.norm_epsilon != 1e-5) json["norm_kwargs"] = {{"eps", vision.norm_epsilon}};
  return json;
}

Json pretrained_text_json(const TextConfig& text) {
  const PretrainedText& pretrained = *text.pretrained;
  Json json = {{"context_length", text.context_length},
               {"hf_model_name", pretrained.name},
               {"hf_tokenizer_name", pretrained.name},
               {"hf_proj_type", nullptr}};
  for (const auto& [name, kind] : kProjections) {
    if (pretrained.projection == kind) json["hf_proj_type"] = name;
  }
  for (const auto& [name, kind] : kPoolers) {
    if (pretrained.encoder.pooling == kind) json["hf_pooler_type"] = name;
  }
  return json;
}

Json preprocess_json(const Preprocessing& preprocessing) {
  return {{"mean", preprocessing.mean},
          {"std", preprocessing.std},
          {"interpolation", name_of(preprocessing.interpolation)},
          {"resize_mode", name_of(preprocessing.resize_mode)}};
}

}  // namespace

ModelConfig parse_open_clip_config(const Json& json, std::string_view where) {
  const std::string place(where);
  if (!json.is_object() || !json.contains("model_cfg")) {
    fail_input(place + " has no 'model_cfg'", "open_clip_config.json of an open_clip directory");
  }
  Section file(json, place);
  Section top = file.section("model_cfg");
  ModelConfig config;
  config.embed_dim = static_cast<int>(top.whole("embed_dim", 0, 0, kMostWidth));
  if (config.embed_dim < 1)
    fail_input(place + ".model_cfg has no 'embed_dim'", "a positive whole number");
  const bool quick_gelu = top.flag("quick_gelu", false);
  if (top.has("init_logit_bias")) top.refuse("init_logit_bias", "a CLIP model", kNoSiglip);
  for (const char* key : {"multimodal_cfg", "audio_cfg", "genlip_cfg", "genlap_cfg"})
    top.only(key, nullptr);
  top.only("nonscalar_logit_scale", false);
  top.number("init_logit_scale", 0);
  top.flag("custom_text", false);
  config.vision = parse_vision(top.section("vision_cfg"), quick_gelu);
  config.text = parse_text(top.section("text_cfg"), quick_gelu);
  top.finish();
  if (json.contains("preprocess_cfg") && !json["preprocess_cfg"].is_null())
    config.preprocess = parse_preprocess(file.section("preprocess_cfg"));
  const Json model = to_open_clip_config(config).at("model_cfg");
  config.name = "custom";
  for (const std::string& name : model_names()) {
    if (to_open_clip_config(find_model_config(name)).at("model_cfg") == model) config.name = name;
  }
  return config;
}

std::string beyond_open_clip(const ModelConfig& config) {
  const bool one_activation =
      config.vision.timm_names ? config.vision.activation == Activation::kGelu
                               : !config.vision.resnet_layers.empty() || config.text.pretrained ||
                                     config.vision.activation == config.text.activation;
  if (!one_activation) return "towers of different activations";
  if (!config.vision.timm_names &&
      (config.vision.qk_norm || config.vision.patch_bias || config.vision.projection_bias))
    return "an image tower with QK-norm or a patch or projection bias in open_clip's own naming";
  return "";
}

Json to_open_clip_config(const ModelConfig& config) {
  if (const std::string part = beyond_open_clip(config); !part.empty()) {
    fail_usage("the model has " + part + ", which open_clip's configurations cannot express",
               "a model that an open_clip directory can hold",
               "Only 'model convert --format hf' can write it.");
  }
  const bool quick_gelu =
      (config.text.pretrained ? config.vision.activation : config.text.activation) ==
      Activation::kQuickGelu;
  Json model;
  model["embed_dim"] = config.embed_dim;
  if (quick_gelu) model["quick_gelu"] = true;
  model["vision_cfg"] = vision_json(config.vision);
  if (config.text.pretrained) {
    model["text_cfg"] = pretrained_text_json(config.text);
    return {{"model_cfg", model}, {"preprocess_cfg", preprocess_json(config.preprocess)}};
  }
  model["text_cfg"] = {{"context_length", config.text.context_length},
                       {"vocab_size", config.text.vocabulary_size},
                       {"width", config.text.width},
                       {"heads", config.text.heads},
                       {"layers", config.text.layers}};
  if (config.text.mlp_ratio != 4) model["text_cfg"]["mlp_ratio"] = config.text.mlp_ratio;
  if (config.text.projection_bias) model["text_cfg"]["proj_bias"] = true;
  if (config.text.declip_numbering) model["text_cfg"][kTokenNumbering] = kDeclipNumbering;
  return {{"model_cfg", model}, {"preprocess_cfg", preprocess_json(config.preprocess)}};
}

}  // namespace clipwright::models
