// An open_clip directory: open_clip_config.json and open_clip_model.safetensors
// (docs/formats/open_clip_directory.md).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/clip.h"

namespace clipwright::models {

constexpr const char* kOpenClipConfigName = "open_clip_config.json";

/// Whether it holds open_clip_config.json. Throws as is_there() (core/file.h).
bool is_open_clip_directory(const std::filesystem::path& folder);

/// The configuration alone. Throws Error(kInput) when it is damaged.
ModelConfig read_open_clip_config(const std::filesystem::path& folder);

/// The file of weights that is read, the first of open_clip's names that is there; empty: none.
std::filesystem::path open_clip_weights(const std::filesystem::path& folder);

/// Reads the configuration and open_clip_model.safetensors, open_clip_pytorch_model.safetensors,
/// model.safetensors, open_clip_pytorch_model.bin or .pt, the first that is there. The model is in
/// evaluation mode. Throws Error(kInput) when either is damaged or they do not belong together.
std::shared_ptr<Clip> read_open_clip_directory(const std::filesystem::path& folder);

/// Throws Error(kInput) where the weights are fewer than the model that `description` (a file)
/// describes has. To be asked before the model is made, so that a damaged description cannot ask
/// for more memory than its weights take.
void require_enough_numbers(const std::vector<NamedTensor>& tensors, const ModelConfig& config,
                            const std::string& where, const std::string& description);

/// Writes open_clip_config.json and open_clip_model.safetensors, each atomically; with a
/// pre-trained text tower its config.json and tokenizer too.
void write_open_clip_directory(const Clip& model, const std::filesystem::path& folder);

}  // namespace clipwright::models
