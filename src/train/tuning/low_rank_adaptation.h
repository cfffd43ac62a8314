// LoRA of a run: --lora-rank, --lora-alpha, --lora-targets.
#pragma once

#include "losses/objective.h"
#include "models/clip.h"
#include "train/options/options.h"

namespace clipwright::train::tuning {

/// Puts low-rank matrices into the towers that the objective reads and that are not locked; what
/// else was trained of the model no longer is, but for groups that a lock leaves unlocked, and
/// batch normalisation goes by its running statistics. Logs it. Does nothing without a rank. Throws
/// Error(kUsage) where no matrix is left to adapt.
void adapt_towers(const options::TrainOptions& options, const losses::Objective& objective,
                  models::Clip& model);

}  // namespace clipwright::train::tuning
