// CLIP models as transformers' save_pretrained leaves them: config.json, model.safetensors (or
// several files with an index, or pytorch_model.bin), preprocessor_config.json.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "models/clip.h"

namespace clipwright::models::files {

/// The tensors of model.safetensors, of the files of an index, or of pytorch_model.bin, under their
/// own names. Throws Error(kInput) for what is damaged or missing and for numbers that are not
/// finite.
std::vector<NamedTensor> read_hugging_face_weights(const std::filesystem::path& folder);

/// A folder with config.json. Throws as is_there() (core/file.h).
bool is_hugging_face_folder(const std::filesystem::path& folder);

/// The files of weights that are read: one, or all that an index names. Throws Error(kInput) where
/// there are none, or one is missing.
std::vector<std::filesystem::path> hugging_face_weights(const std::filesystem::path& folder);

/// The configuration, with the preprocessing that preprocessor_config.json states (OpenAI's where
/// there is none). Throws Error(kInput) for what is damaged, and for other models than CLIPModel,
/// which it names.
ModelConfig read_hugging_face_config(const std::filesystem::path& folder);

/// The model, in evaluation mode. Features equal those of transformers' CLIPModel. Throws
/// Error(kInput) also for weights that are not of the configuration, and for a tokenizer that is
/// not CLIP's.
std::shared_ptr<Clip> read_hugging_face_folder(const std::filesystem::path& folder);

/// Writes config.json, model.safetensors, preprocessor_config.json and the tokenizer's files, each
/// atomically, the configuration last. Throws Error(kUsage) for a model that is no CLIPModel, with
/// what it has that CLIPModel has not.
void write_hugging_face_folder(const Clip& model, const std::filesystem::path& folder);

}  // namespace clipwright::models::files
