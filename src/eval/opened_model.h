// A model that is evaluated, opened once for all the sets it meets.
#pragma once

#include <memory>
#include <string>

#include "models/clip.h"
#include "models/model_argument.h"

namespace clipwright::eval {

struct OpenedModel {
  std::string source;  ///< as the user wrote it
  std::shared_ptr<models::Clip> model;

  const std::string& architecture() const { return model->config().name; }
};

/// On `device` ("cpu", "cuda", "cuda:N"), in evaluation mode. Throws as
/// `models::load_model_to_evaluate` and `tensor::open_device`.
OpenedModel open_model(const models::ModelArgument& source, const std::string& device);

/// What `EvalOptions::class_tokens` is for a reading: "first" (nothing: the model's own class
/// token) or "average" (the model's further ones, on its device). Throws Error(kUsage) for another
/// name and for a model that has none, Error(kInput) for tokens that are damaged or of another
/// model.
Tensor class_tokens_to_average(const OpenedModel& opened, const std::string& reading);

}  // namespace clipwright::eval
