// A file that is a model by itself: weights without a configuration, or a configuration without
// weights.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/clip.h"
#include "models/model_argument.h"

namespace clipwright::models::files {

/// The tensors of a file of torch.save (torch_weights.h) or of safetensors, by its contents. Throws
/// Error(kInput) for files of other kinds and damaged ones.
std::vector<NamedTensor> read_weights(const std::filesystem::path& path);

/// Throws Error(kInput) naming the first tensor that holds numbers that are not finite.
void require_finite(const std::vector<NamedTensor>& tensors, const std::string& where);

/// Weights in a file of torch.save (torch_weights.h) or of safetensors. The model is what their
/// names and shapes tell (deduced_model.h), or what the argument says that it is; the log says what
/// was assumed beside that. The model is in evaluation mode. Throws Error(kInput) for files of
/// other kinds, damaged ones, numbers that are not finite, weights of models that this program does
/// not have, and a map of names that does not account for every name (name_map.h).
std::shared_ptr<Clip> read_model_file(const ModelArgument& argument);

/// What read_model_file() would make, without making it or saying what is assumed.
ModelConfig read_model_file_config(const ModelArgument& argument);

/// Whether a file is a configuration by its name: .json.
bool is_configuration(const std::filesystem::path& path);
/// open_clip's open_clip_config.json, or the model configuration in it by itself, as open_clip's
/// model_configs/ have it. Throws Error(kInput).
ModelConfig read_configuration(const std::filesystem::path& path);

}  // namespace clipwright::models::files
