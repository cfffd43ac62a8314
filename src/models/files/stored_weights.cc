#include "models/files/stored_weights.h"

#include <string_view>

#include "core/file.h"
#include "models/files/hugging_face.h"
#include "models/files/torch_weights.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "pickle/torch_file.h"
#include "tensor/safetensors.h"

namespace clipwright::models::files {
namespace {

void look_at(const std::vector<NamedTensor>& tensors, StoredWeights& stored) {
  for (const auto& [name, tensor] : tensors)
    stored.numbers[tensor::type_name(tensor.scalar_type())] += tensor.numel();
}

void look_into(const fs::path& file, StoredWeights& stored) {
  const MappedFile opened(file);
  const std::string_view start = opened.text().substr(0, 16);
  if (!pickle::looks_like_torch_file(start)) {
    const tensor::Safetensors read = tensor::read_safetensors(file);
    stored.container = "safetensors";
    stored.metadata.insert(read.metadata.begin(), read.metadata.end());
    look_at(read.tensors, stored);
    return;
  }
  stored.container = !start.starts_with("PK")              ? "torch.save before 1.6"
                     : pickle::TorchFile(file).is_script() ? "TorchScript"
                                                           : "torch.save";
  const TorchWeights weights = read_torch_weights(file);
  stored.beside = weights.beside;
  look_at(weights.tensors, stored);
}

/// Of a Hugging Face folder: docs/formats/hugging_face.md says what stands for each.
void look_for_rest(const fs::path& folder, StoredWeights& stored) {
  const auto has = [&](const char* name) {
    std::error_code unreadable;
    return fs::exists(folder / name, unreadable);
  };
  if (!has("preprocessor_config.json") && !has("processor_config.json"))
    stored.missing.emplace_back("preprocessor_config.json: OpenAI's preprocessing is taken");
  if (!has("vocab.json") && !has("tokenizer.json"))
    stored.missing.emplace_back("vocab.json or tokenizer.json: CLIP's vocabulary is taken");
}

}  // namespace

StoredWeights read_stored_weights(const std::string& model) {
  StoredWeights stored;
  if (!has_weights(model)) return stored;
  const fs::path folder = find_model_folder(model);
  if (folder.empty()) {
    stored.files = {fs::path(model)};
    stored.missing.emplace_back("a configuration: names and shapes of the tensors tell the model");
  } else if (is_open_clip_directory(folder)) {
    stored.files = {open_clip_weights(folder)};
  } else {
    stored.files = hugging_face_weights(folder);
    look_for_rest(folder, stored);
  }
  for (const fs::path& file : stored.files) look_into(file, stored);
  return stored;
}

}  // namespace clipwright::models::files
