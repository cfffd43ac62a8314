// Learning rates by depth: --image-layer-decay and --text-layer-decay.
#pragma once

#include "models/clip.h"
#include "optim/layer_decay.h"
#include "train/options/options.h"

namespace clipwright::train::tuning {

/// The rate factors of the model's tensors and of the low-rank matrices beside them, by name; the
/// scale and what an objective owns learn at
/// the full rate. Logs the rates of each tower's groups from the input to the projection. Throws
/// Error(kUsage) for a tower of which nothing is trained.
optim::RateFactors layer_rates(const options::TrainOptions& options, const models::Clip& model);

}  // namespace clipwright::train::tuning
