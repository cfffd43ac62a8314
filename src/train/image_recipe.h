// Which picture recipe a run uses: the model's own statistics and interpolation, with the random crop that --augment names.
#pragma once

#include <string>

#include "data/transform.h"
#include "models/config.h"

namespace clipwright {

/// The recipe with a model's statistics and interpolation; one of its own (crop scale 0.9-1) when no named recipe has them.
Recipe recipe_of(const PreprocessConfig& preprocess);

/// `augment` is "" (the crop of the model's own recipe), "none" (no crop is drawn) or a recipe's name. Throws Error(kUsage).
Recipe training_recipe(const PreprocessConfig& preprocess, const std::string& augment);

}  // namespace clipwright
