// The tensors of each tower in the groups that fine-tuning counts in: from the input to the
// projection, a transformer block (a stage of a ResNet) a group.
#pragma once

#include <string>
#include <vector>

#include "models/config.h"
#include "tensor/parameter_table.h"

namespace clipwright::models::tuning {

/// Names in files (buffers too), the group next to the input first.
using TowerGroups = std::vector<std::vector<std::string>>;

/// Of the image tower, as open_clip 3.3.0 groups them:
///   a transformer: patches, class token and positions (and the norm behind them); each block, the
///   last one with the tower's last norm; the projection;
///   a ResNet (open_clip's main branch): the stem, each stage, the attention pool.
TowerGroups image_groups(const ModelConfig& config, const tensor::ParameterTable& table);

/// Of the text tower: token table and positions; each block, the last one with the last norm; the
/// projection.
TowerGroups text_groups(const ModelConfig& config, const tensor::ParameterTable& table);

/// Whether open_clip 3.3.0 leaves the image projection trained when it locks the tower: what stands
/// behind a timm trunk is no part of it.
bool lock_spares_projection(const ModelConfig& config);
/// The same of the text projection: what stands behind a Hugging Face encoder is no part of it.
bool lock_spares_text_projection(const ModelConfig& config);

}  // namespace clipwright::models::tuning
