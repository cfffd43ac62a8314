#include "losses/presets.h"

#include "core/error.h"
#include "core/words.h"

namespace clipwright::losses {
namespace {

/// DeCLIP's solver holds the log scale in [3, 6]; its forward pass holds the scale under 100.
constexpr ScaleRange kDeclipScale = {
    .lowest = 20.085536923187668, .highest = 403.4287934927351, .cap = 100};

ObjectiveConfig clip() {
  return {.preset = "clip",
          .summary = "pictures against their captions",
          .source = "Radford et al. 2021, arXiv 2103.00020",
          .terms = {{"contrastive", 1}}};
}

ObjectiveConfig laclip() {
  return {.preset = "laclip",
          .summary = "CLIP with one text of each pair drawn among caption and rewrites",
          .source = "Fan et al. 2023, arXiv 2305.20088, section 3.3",
          .terms = {{"contrastive", 1}},
          .caption_policy = "uniform",
          .decay_rule = "laclip"};
}

ObjectiveConfig laclip_mt() {
  return {.preset = "laclip-mt",
          .summary = "every picture against every text of its pair",
          .source = "Fan et al. 2023, arXiv 2305.20088, section 5 (multi-text loss)",
          .terms = {{"multi-text", 1}},
          .caption_policy = "all",
          .decay_rule = "laclip"};
}

ObjectiveConfig slip() {
  return {.preset = "slip",
          .summary = "CLIP, and SimCLR between two augmented views",
          .source = "Mu et al. 2022, arXiv 2112.12750",
          .views = {"base", "slip", "slip"},
          .terms = {{"contrastive", 1}, {"simclr", 1}},
          .freeze_patch_embedding = true,
          .decay_rule = "declip"};
}

ObjectiveConfig filip() {
  return {.preset = "filip",
          .summary = "every patch against every word, by its best match",
          .source = "Yao et al. 2021, arXiv 2111.07783; Cui et al. 2022, arXiv 2203.05796",
          .views = {"mocov2"},
          .terms = {{"filip", 1}},
          .freeze_patch_embedding = true,
          .decay_rule = "declip"};
}

ObjectiveConfig declip() {
  return {
      .preset = "declip",
      .summary =
          "two views and two texts of each pair, self-supervision in both towers, "
          "nearest texts; weights and quirks of the published code",
      .source = "Li et al. 2022, arXiv 2110.05208",
      .views = {"mocov2", "mocov2"},
      // The caption's feature is that of the masked caption, as published: one pass serves both.
      .texts = {"caption+masked", "eda"},
      .terms = {{"multi-view", 0.4}, {"nearest-text", 0.2}, {"simsiam", 0.2}, {"masked-lm", 0.2}},
      .scale = kDeclipScale,
      .freeze_patch_embedding = true,
      .decay_rule = "declip"};
}

ObjectiveConfig declip_paper() {
  ObjectiveConfig config = declip();
  config.preset = "declip-paper";
  config.summary =
      "DeCLIP by the paper's formula: the plain pair counts 0.4, the other three 0.2, "
      "two neighbour pairs, words hidden in a pass of their own and guessed from both "
      "sides";
  config.texts = {"caption", "eda", "caption+masked+both-sides"};
  config.terms = {{"contrastive", 0.4},
                  {"multi-view", 0.2, {{"weighting", "paper"}}},
                  {"nearest-text", 0.2, {{"pairs", "two"}}},
                  {"simsiam", 0.2},
                  {"masked-lm", 0.2}};
  return config;
}

ObjectiveConfig defilip() {
  ObjectiveConfig config = declip();
  config.preset = "defilip";
  config.summary =
      "DeCLIP's pairs, neighbours and image self-supervision with FILIP's word-to-patch "
      "term; hides no words (the published run does: --texts caption+masked,eda --term "
      "masked-lm=0.2)";
  config.source = "Cui et al. 2022, arXiv 2203.05796";
  config.texts = {"caption", "eda"};
  config.terms = {{"multi-view", 0.4}, {"nearest-text", 0.2}, {"simsiam", 0.2}, {"filip", 0.2}};
  return config;
}

ObjectiveConfig siglip() {
  return {.preset = "siglip",
          .summary = "every picture with every text, right or wrong, by itself",
          .source = "Zhai et al. 2023, arXiv 2303.15343",
          .terms = {{"sigmoid", 1}},
          .scale = {.start = 10, .lowest = 1e-30, .highest = 1e30}};
}

/// `base` with rewrites: a text of each pair is drawn among caption and rewrites.
ObjectiveConfig with_drawn_captions(ObjectiveConfig base, const std::string& name) {
  base.summary += "; the caption is drawn among original and rewrites";
  base.preset = name;
  base.caption_policy = "uniform";
  return base;
}

/// `base` with a rewrite in place of the second text, which EDA made.
ObjectiveConfig with_rewrite_view(ObjectiveConfig base, const std::string& name) {
  base.summary += "; the second text is a rewrite";
  base.preset = name;
  base.texts.at(1) = "rewrite";
  return base;
}

const std::vector<ObjectiveConfig>& preset_table() {
  static const std::vector<ObjectiveConfig> table = {
      clip(),
      laclip(),
      laclip_mt(),
      slip(),
      with_drawn_captions(slip(), "laslip"),
      filip(),
      with_drawn_captions(filip(), "lafilip"),
      declip(),
      declip_paper(),
      defilip(),
      with_rewrite_view(declip(), "ladeclip"),
      with_rewrite_view(defilip(), "ladefilip"),
      siglip(),
  };
  return table;
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const ObjectiveConfig& preset : preset_table()) names.push_back(preset.preset);
  return names;
}

const ObjectiveConfig& find_preset(std::string_view name) {
  for (const ObjectiveConfig& preset : preset_table()) {
    if (preset.preset == name) return preset;
  }
  const std::string near = nearest(name, preset_names());
  fail_usage("objective '" + std::string(name) + "' does not exist",
             "one of " + listed(preset_names()),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::losses
