#include "models/files/model_file.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/words.h"
#include "models/files/deduced_model.h"
#include "models/files/name_map.h"
#include "models/files/torch_weights.h"
#include "models/fitted_weights.h"
#include "models/open_clip_config.h"
#include "models/open_clip_directory.h"
#include "pickle/torch_file.h"
#include "tensor/safetensors.h"

namespace clipwright::models::files {
namespace {

/// The length of a header of JSON comes first, in eight bytes.
bool looks_like_safetensors(std::string_view bytes) { return bytes.size() > 8 && bytes[8] == '{'; }

TorchWeights read_any_weights(const fs::path& path) {
  const MappedFile opened(path);
  const std::string_view bytes = opened.text().substr(0, 16);
  if (looks_like_safetensors(bytes)) return {.tensors = tensor::read_safetensors(path).tensors};
  if (!pickle::looks_like_torch_file(bytes)) {
    fail_input(path.string() + (bytes.empty() ? ": is empty" : ": is no file of a model's weights"),
               "a file of torch.save (.pt, .pth) or of safetensors, or a configuration (.json)",
               bytes.empty() ? "Fetch the file again; a broken download is the usual cause." : "");
  }
  return read_torch_weights(path);
}

void tell_place(const TorchWeights& weights, const std::string& where) {
  if (weights.place.empty() && weights.beside.empty()) return;
  log_info(where + ": weights" + (weights.place.empty() ? "" : " under '" + weights.place + "'") +
           (weights.beside.empty() ? "" : "; left alone: " + listed(weights.beside)));
}

}  // namespace

std::vector<NamedTensor> read_weights(const fs::path& path) {
  TorchWeights weights = read_any_weights(path);
  tell_place(weights, path.string());
  return std::move(weights.tensors);
}

void require_finite(const std::vector<NamedTensor>& tensors, const std::string& where) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>())
      fail_input(where + ": " + name + " holds numbers that are not finite", "a model that trained",
                 "Take an earlier checkpoint.");
  }
}

namespace {

void tell_assumptions(const DeducedModel& deduced, const std::string& where) {
  const VisionConfig& vision = deduced.config.vision;
  log_info(where + ": names of tensors are " + deduced.names + "; " +
           (vision.resnet_layers.empty() ? "a vision transformer" : "a ResNet") + " for " +
           std::to_string(vision.image_size) + " x " + std::to_string(vision.image_size) +
           " pixels. Assumed, since weights do not tell: " + listed(deduced.assumed) +
           (deduced.dropped.empty() ? "" : ". Not used: " + listed(deduced.dropped)));
}

/// What --model-config says.
std::optional<ModelConfig> given_configuration(const ModelArgument& argument) {
  if (argument.configuration.empty()) return std::nullopt;
  return is_configuration(argument.configuration) ? read_configuration(argument.configuration)
                                                  : find_model_config(argument.configuration);
}

/// By the names that the user gave them, where they did.
std::vector<NamedTensor> renamed(std::vector<NamedTensor> tensors, const ModelArgument& argument) {
  if (argument.names.empty()) return tensors;
  return NameMap::read(argument.names).apply(without_wrappers(std::move(tensors)), argument.model);
}

}  // namespace

std::shared_ptr<Clip> read_model_file(const ModelArgument& argument) {
  const torch::NoGradGuard no_grad;
  const std::string& where = argument.model;
  const std::optional<ModelConfig> given = given_configuration(argument);
  std::vector<NamedTensor> tensors = renamed(read_weights(where), argument);
  const DeducedModel deduced = deduce_model(tensors, where, given ? &*given : nullptr);
  if (!given) tell_assumptions(deduced, where);
  require_enough_numbers(
      tensors, deduced.config, where,
      given ? "--model-config " + argument.configuration : "the names of its tensors");
  require_finite(tensors, where);
  auto model = std::make_shared<Clip>(deduced.config);
  model->load_state(std::move(tensors), where);
  model->eval();
  return model;
}

ModelConfig read_model_file_config(const ModelArgument& argument) {
  if (const std::optional<ModelConfig> given = given_configuration(argument)) return *given;
  std::vector<NamedTensor> tensors = renamed(read_any_weights(argument.model).tensors, argument);
  return deduce_model(tensors, argument.model).config;
}

bool is_configuration(const fs::path& path) { return path.extension() == ".json"; }

ModelConfig read_configuration(const fs::path& path) {
  if (!is_configuration(path))
    fail_input(path.string() + ": is no configuration", "a file NAME.json");
  Json json = read_json(path);
  if (json.is_object() && !json.contains("model_cfg")) json = {{"model_cfg", std::move(json)}};
  ModelConfig config = parse_open_clip_config(json, path.string());
  if (config.text.pretrained) {
    fail_input(path.string() + ": its text tower is " +
                   to_line(Json(config.text.pretrained->name)) +
                   " of Hugging Face's, whose files a configuration alone does not bring",
               "a directory with config.json and tokenizer beside open_clip_config.json",
               "To begin a training, name an architecture and --text-model FOLDER.");
  }
  config.name = path.stem().string();
  return config;
}

}  // namespace clipwright::models::files
