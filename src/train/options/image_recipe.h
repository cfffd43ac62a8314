// Which picture recipe a run uses: the model's own statistics and interpolation, with the random
// crop that --augment names.
#pragma once

#include <string>

#include "data/transform/transform.h"
#include "models/config.h"

namespace clipwright::train::options {

/// `augment` is a recipe's name, or "" or "model" for the model's own: the named recipe with its
/// statistics and interpolation, or, when there is none, one called "model" with open_clip's crop
/// (scale 0.9-1). "none" is as "" (no crop is drawn). Throws Error(kUsage).
data::transform::Recipe training_recipe(const models::PreprocessConfig& preprocess, const std::string& augment);

}  // namespace clipwright::train::options
