#include "train/options/trajectory.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "data/captions/keep_condition.h"
#include "losses/objective.h"
#include "models/encoders/pretrained_text.h"
#include "train/options/image_recipe.h"
#include "train/options/option_table.h"

namespace clipwright::train::options {
namespace {

constexpr int64_t kPairsLookedAt = 64;

std::string hexadecimal(uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(hash));
  return text;
}

template <typename Look>
std::string fingerprint(const data::source::Dataset& dataset, const Look& look) {
  uint64_t hash = 0;
  const int64_t looked_at = std::min(kPairsLookedAt, dataset.size());
  for (int64_t i = 0; i < looked_at; ++i) hash = look(i * dataset.size() / looked_at, hash);
  return hexadecimal(hash);
}

/// Keys take part because every draw of a pair is keyed by its key.
std::string fingerprint_of_texts(const data::source::Dataset& dataset,
                                 const data::captions::CaptionTable& captions) {
  return fingerprint(dataset, [&](int64_t index, uint64_t hash) {
    hash = hash64(dataset.key(index), hash);
    for (int slot = 0; slot <= captions.rewrites(); ++slot)
      hash = hash64(captions.text(index, slot), hash);
    return hash;
  });
}

std::string fingerprint_of_pictures(const data::source::Dataset& dataset) {
  return fingerprint(dataset, [&](int64_t index, uint64_t hash) {
    const data::source::ImageBytes picture = dataset.image(index);
    if (!picture.error.empty()) return hash64("unreadable", hash);
    return hash64({reinterpret_cast<const char*>(picture.view.data()), picture.view.size()}, hash);
  });
}

std::string name_of(models::Activation activation) {
  return activation == models::Activation::kQuickGelu ? "quick_gelu" : "gelu";
}

// Structured bindings: a field that is added to a configuration and forgotten here does not
// compile.
Json describe(const models::VisionConfig& vision) {
  const auto& [image_size, patch_size, width, layers, heads, mlp_ratio, activation, norm_epsilon,
               norm_before_blocks, patch_bias, qk_norm, timm_names, mean_pooling, projection_bias,
               resnet_layers] = vision;
  if (!resnet_layers.empty()) {
    // A ResNet has no use for the rest, which its file does not say.
    return {{"image_size", image_size},
            {"width", width},
            {"heads", heads},
            {"resnet_layers", resnet_layers}};
  }
  return {{"image_size", image_size},
          {"patch_size", patch_size},
          {"width", width},
          {"layers", layers},
          {"heads", heads},
          {"mlp_ratio", mlp_ratio},
          {"activation", name_of(activation)},
          {"norm_epsilon", norm_epsilon},
          {"norm_before_blocks", norm_before_blocks},
          {"patch_bias", patch_bias},
          {"qk_norm", qk_norm},
          {"timm_names", timm_names},
          {"mean_pooling", mean_pooling},
          {"projection_bias", projection_bias},
          {"resnet_layers", resnet_layers}};
}

Json describe(const models::TextConfig& text) {
  const auto& [context_length, vocabulary_size, width, layers, heads, mlp_ratio, activation,
               projection_bias, declip_numbering, pretrained] = text;
  if (pretrained) {
    // The name says where it came from, and the digest of the weights what it is.
    const auto& [encoder, projection, its_name, tokenizer] = *pretrained;
    return {{"context_length", context_length},
            {"encoder", models::encoders::to_encoder_config(encoder)},
            {"pooling", encoder.pooling},
            {"projection", projection}};
  }
  return {{"context_length", context_length},
          {"vocabulary_size", vocabulary_size},
          {"width", width},
          {"layers", layers},
          {"heads", heads},
          {"mlp_ratio", mlp_ratio},
          {"activation", name_of(activation)},
          {"projection_bias", projection_bias},
          {"declip_numbering", declip_numbering}};
}

struct Comparison {
  std::string differences, unsaid;

  static void append(std::string& list, const std::string& item) {
    list += (list.empty() ? "" : "; ") + item;
  }

  void compare(const std::string& name, const Json& before, const Json& now) {
    if (before.is_object() && now.is_object()) {
      compare_objects(name + ".", before, now);
    } else if (before != now) {
      append(differences, name + " was " + before.dump() + " and is now " + now.dump());
    }
  }

  void compare_objects(const std::string& prefix, const Json& before, const Json& now) {
    for (const auto& [key, value] : now.items()) {
      if (before.contains(key)) {
        compare(prefix + key, before[key], value);
      } else {
        append(unsaid, prefix + key);
      }
    }
    for (const auto& [key, value] : before.items()) {
      if (!now.contains(key))
        append(differences,
               prefix + key + " was " + value.dump() + " and means nothing to this version");
    }
  }
};

/// What terms have been given options for since, with the value that earlier runs had.
constexpr std::pair<std::string_view, std::string_view> kLaterOptions[] = {
    {"filip", "padding=off"}, {"multi-text", "class-tokens=1"}};

/// The options of a checkpoint's terms with those that it knew nothing of, in the order of today's.
Json with_later_options(const Json& terms, const Json& options) {
  Json filled = Json::array();
  for (const Json& term : terms) {
    const std::string text = term.get<std::string>(), own = text.substr(0, text.find('=')) + ".";
    std::vector<std::string> list;
    for (const Json& option : options) {
      if (option.get<std::string>().starts_with(own)) list.push_back(option.get<std::string>());
    }
    for (const auto& [later_term, option] : kLaterOptions) {
      if (own != std::string(later_term) + ".") continue;
      const std::string name = own + std::string(option.substr(0, option.find('=') + 1));
      if (std::none_of(list.begin(), list.end(),
                       [&](const std::string& known) { return known.starts_with(name); }))
        list.push_back(own + std::string(option));
    }
    std::sort(list.begin(), list.end());
    for (const std::string& option : list) filled.push_back(option);
  }
  return filled;
}

bool holds_texts(const Json& saved, const char* name) {
  return saved.contains(name) && saved[name].is_array() &&
         std::all_of(saved[name].begin(), saved[name].end(),
                     [](const Json& item) { return item.is_string(); });
}

}  // namespace

Json describe_model(const models::ModelConfig& config) {
  const auto& [name, embed_dim, vision, text, preprocess] = config;
  return {{"embed_dim", embed_dim}, {"vision", describe(vision)}, {"text", describe(text)}};
}

Json describe_preprocessing(const Preprocessing& preprocessing) {
  const auto& [mean, std, interpolation, resize_mode, resize_ratio, crop_scale_min,
               crop_scale_max] = preprocessing;
  return {{"mean", mean},
          {"std", std},
          {"interpolation", name_of(interpolation)},
          {"resize_mode", name_of(resize_mode)},
          {"resize_ratio", resize_ratio},
          {"crop_scale_min", crop_scale_min},
          {"crop_scale_max", crop_scale_max}};
}

Json describe_trajectory(const TrainOptions& filled, const Plan& plan,
                         const data::source::Dataset& dataset,
                         const data::captions::CaptionTable& captions,
                         const TrajectoryModel& model) {
  Json trajectory;
  for (const RunOption& option : run_options()) {
    if (option.role == OptionRole::kValue)
      trajectory[std::string(option.name)] = option_value(option, filled);
  }
  // The same condition may be written in several ways.
  trajectory["keep-if"] = data::captions::KeepCondition::parse(filled.keep_if).describe();
  // Two ways to say the same length and warm-up are the same run.
  trajectory["steps"] = plan.total_steps;
  trajectory["warmup-steps"] = plan.warmup_steps;
  trajectory["model"] = describe_model(model.config);
  trajectory["starting weights"] =
      model.weights.empty() ? "drawn from the seed" : "sha256 " + model.weights;
  trajectory["preprocessing"] = describe_preprocessing(model.preprocessing);
  trajectory["pairs"] = plan.pairs;
  trajectory["texts a pair"] = captions.rewrites() + 1;
  trajectory["data fingerprint"] = fingerprint_of_texts(dataset, captions);
  trajectory["picture fingerprint"] = fingerprint_of_pictures(dataset);
  return trajectory;
}

Json with_model_of_checkpoint(Json saved, const models::ModelConfig& config) {
  if (!saved.contains("model")) saved["model"] = describe_model(config);
  // Before objectives had views and texts there was one way to train.
  const auto fill_in = [&](const char* name, const Json& value) {
    if (!saved.contains(name)) saved[name] = value;
  };
  fill_in("term-option", Json::array());
  if (holds_texts(saved, "term") && holds_texts(saved, "term-option"))
    saved["term-option"] = with_later_options(saved["term"], saved["term-option"]);
  // A pre-trained encoder has neither.
  if (Json& model = saved["model"]; model.is_object() && model.contains("text") &&
                                    model["text"].is_object() &&
                                    !model["text"].contains("encoder")) {
    for (const char* later : {"projection_bias", "declip_numbering"}) {
      if (!model["text"].contains(later)) model["text"][later] = false;
    }
  }
  if (Json& model = saved["model"]; model.is_object() && model.contains("vision") &&
                                    model["vision"].is_object() &&
                                    model["vision"].contains("timm_names")) {
    for (const char* later : {"mean_pooling", "projection_bias"}) {
      if (!model["vision"].contains(later)) model["vision"][later] = false;
    }
  }
  fill_in("views", {"base"});
  fill_in("texts", {"caption"});
  fill_in("freeze-patch-embedding", "off");
  // Before runs were fine-tuned in parts all of a model was trained, as the defaults have it.
  static const TrainOptions kDefaults;
  for (const RunOption& option : run_options()) {
    if (option.section == "tuning" && option.role == OptionRole::kValue)
      fill_in(option.name.data(), option_value(option, kDefaults));
  }
  const losses::ScaleRange scale;
  fill_in("logit-scale-start", scale.start);
  fill_in("logit-scale-min", scale.lowest);
  fill_in("logit-scale-max", scale.highest);
  if (saved.contains("precision") && saved["precision"] == "bf16") saved["precision"] = "amp_bf16";
  if (!saved.contains("preprocessing") && saved.contains("augment") &&
      saved["augment"].is_string()) {
    saved["preprocessing"] = describe_preprocessing(
        training_recipe(config.preprocess, saved["augment"].get<std::string>()));
  }
  return saved;
}

void check_trajectory(const Json& saved, const Json& now, bool allow_changes,
                      const std::string& where) {
  Comparison comparison;
  comparison.compare_objects("", saved, now);
  if (!comparison.unsaid.empty()) {
    log_warning(where + " was written by an earlier version and does not say " + comparison.unsaid +
                "; whether that is as it was could not be compared");
  }
  if (comparison.differences.empty()) return;
  if (allow_changes) {
    log_warning("resuming from " + where + " although " + comparison.differences);
    return;
  }
  fail_usage("the settings differ from those of " + where + ": " + comparison.differences,
             "the same settings, so that the run goes on as it would have",
             "Resume with LOGS/NAME/config.toml as --config, or add --allow-changes to change "
             "course on purpose.");
}

}  // namespace clipwright::train::options
