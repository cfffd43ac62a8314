// How a run prepares its pictures: the model's own preprocessing, with the random crop that
// --augment names.
#pragma once

#include <string>

#include "core/preprocessing.h"

namespace clipwright::train::options {

/// `augment` is a recipe's name, whose crop is taken, or "", "model" or "none" for the model's own.
/// Throws Error(kUsage).
Preprocessing training_recipe(const Preprocessing& model, const std::string& augment);

/// What --augment means for a model: "none", or the name of the recipe whose crop it is ("model"
/// where no recipe has the model's statistics). Two ways to say the same give the same.
std::string resolve_augment(const Preprocessing& model, const std::string& augment);

}  // namespace clipwright::train::options
