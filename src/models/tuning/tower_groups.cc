#include "models/tuning/tower_groups.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace clipwright::models::tuning {
namespace {

/// N of a name that begins with `prefix` and "N.".
std::optional<size_t> number_after(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  size_t number = 0;
  const char* begin = name.data() + prefix.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
  if (error != std::errc() || end == begin) return std::nullopt;
  return number;
}

/// How one dialect names the parts of a tower.
struct Dialect {
  std::string_view tower;       ///< what every name of it begins with; empty: see `others`
  std::string_view block;       ///< and its number
  size_t first_block;           ///< number of the first one
  std::string_view last_norm;   ///< belongs to the last block; empty: there is none
  std::string_view projection;  ///< the last group
};

constexpr Dialect kOpenClipImage = {"visual.", "visual.transformer.resblocks.", 0,
                                    "visual.ln_post.", "visual.proj"},
                  kTimmImage = {"visual.", "visual.trunk.blocks.", 0, "visual.trunk.norm.",
                                "visual.head."},
                  kResNet = {"visual.", "visual.layer", 1, "", "visual.attnpool."},
                  kText = {"", "transformer.resblocks.", 0, "ln_final.", "text_projection"},
                  kPretrainedText = {"text.", "text.transformer.encoder.layer.", 0,
                                     "text.transformer.pooler.", "text.proj"};

bool is_of_tower(std::string_view name, const Dialect& dialect) {
  if (!dialect.tower.empty()) return name.starts_with(dialect.tower);
  return !name.starts_with("visual.") && name != "logit_scale" && name != "logit_bias";
}

TowerGroups groups_of(const tensor::ParameterTable& table, const Dialect& dialect, size_t blocks) {
  TowerGroups groups(blocks + 2);
  for (const tensor::TableEntry& entry : table.entries()) {
    if (!is_of_tower(entry.name, dialect)) continue;
    size_t group = 0;
    if (const auto block = number_after(entry.name, dialect.block)) {
      group = *block - dialect.first_block + 1;
    } else if (!dialect.last_norm.empty() && entry.name.starts_with(dialect.last_norm)) {
      group = blocks;
    } else if (entry.name.starts_with(dialect.projection)) {
      group = blocks + 1;
    }
    CW_CHECK(group < groups.size(), entry.name + " lies behind the tower's last block");
    groups[group].push_back(entry.name);
  }
  return groups;
}

}  // namespace

TowerGroups image_groups(const ModelConfig& config, const tensor::ParameterTable& table) {
  const VisionConfig& vision = config.vision;
  if (!vision.resnet_layers.empty()) return groups_of(table, kResNet, vision.resnet_layers.size());
  return groups_of(table, vision.timm_names ? kTimmImage : kOpenClipImage,
                   static_cast<size_t>(vision.layers));
}

TowerGroups text_groups(const ModelConfig& config, const tensor::ParameterTable& table) {
  TowerGroups groups = groups_of(table, config.text.pretrained ? kPretrainedText : kText,
                                 static_cast<size_t>(config.text.layers));
  if (groups.back().empty()) groups.pop_back();  // a pre-trained encoder without a projection
  return groups;
}

bool lock_spares_projection(const ModelConfig& config) { return config.vision.timm_names; }

bool lock_spares_text_projection(const ModelConfig& config) {
  return config.text.pretrained && config.text.pretrained->projection != TextProjection::kNone;
}

}  // namespace clipwright::models::tuning
