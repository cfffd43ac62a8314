// Weights without a configuration: what their names and shapes tell of the model, and what has to
// be assumed.
#pragma once

#include <string>
#include <vector>

#include "models/config.h"
#include "tensor/tensor.h"

namespace clipwright::models::files {

struct DeducedModel {
  ModelConfig config;
  std::string names;                 ///< whose names the tensors had: "OpenAI's", ...
  std::vector<std::string> assumed;  ///< what no tensor tells: sentences' parts, for people
  std::vector<std::string> dropped;  ///< tensors that belong to no model here
};

/// The ratio by which a tower of `width` gets a hidden layer of exactly `hidden` numbers, which it
/// rounds down.
double mlp_ratio_of(int64_t hidden, int64_t width);

/// Gives the tensors the names that this program's models have (tensor_names.h), without what
/// wrappers put in front of them, and tells the model that they are of. Known are OpenAI's names
/// (and open_clip's, which are the same) and those of SLIP and LaCLIP, which are timm's in the
/// image tower. Throws Error(kInput) for other names and for shapes that are of no such model.
/// `given`: what the model is instead, and nothing is assumed.
DeducedModel deduce_model(std::vector<NamedTensor>& tensors, const std::string& where,
                          const ModelConfig* given = nullptr);

}  // namespace clipwright::models::files
