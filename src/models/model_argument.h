// What a command is told of a model: --model, and what says more of a file of weights.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace clipwright::models {

/// A text or a path by itself is a model of which nothing more is said.
struct ModelArgument {
  std::string model;  ///< folder, file or architecture (models/load_model.h)
  /// --model-config: what a file of weights is, a built-in architecture or NAME.json, where names
  /// and shapes of its tensors do not tell.
  std::string configuration;
  std::string names;  ///< --names: how its tensors are called here (models/files/name_map.h)

  ModelArgument(std::string model = {}, std::string configuration = {}, std::string names = {})
      : model(std::move(model)), configuration(std::move(configuration)), names(std::move(names)) {}
  ModelArgument(const char* model) : model(model) {}
  ModelArgument(const std::filesystem::path& model) : model(model.string()) {}

  bool empty() const { return model.empty(); }
  /// Whether something is said that only a file of weights can use.
  bool says_more() const { return !configuration.empty() || !names.empty(); }
};

}  // namespace clipwright::models
