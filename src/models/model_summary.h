// What a model is, for people and programs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "models/config.h"
#include "models/model_argument.h"

namespace clipwright::models {

struct ModelSummary {
  std::string source;
  ModelConfig config;
  int64_t image_parameters = 0, text_parameters = 0, parameters = 0;
  int64_t tensors = 0;

  /// What each part is, by its name: "image tower", "text tower", "embedding", ...
  std::vector<std::pair<std::string, std::string>> rows() const;
  /// The same a line each, behind "model".
  std::string text() const;
  Json json() const;
};

/// A line of what is said of a model: its name, blanks, `value`.
std::string summary_line(const std::string& what, const std::string& value);

/// Loads the model, so that what is not whole is an error. Throws as load_model() does.
ModelSummary summarize(const ModelArgument& model);

}  // namespace clipwright::models
