// Towers that a run leaves as they are: --lock-image and --lock-text, as open_clip has them.
#pragma once

#include "losses/objective.h"
#include "models/clip.h"
#include "train/options/options.h"

namespace clipwright::train::tuning {

/// Freezes what the options lock: a tower, but for its last groups (models/tuning/tower_groups.h)
/// where some are unlocked. Batch normalisation in what is locked goes on moving its statistics
/// unless they are frozen too. Logs what is locked and what is left. Throws Error(kUsage) for more
/// groups than the tower has.
void lock_towers(const options::TrainOptions& options, models::Clip& model);

struct TrainedTowers {
  bool image = false, text = false;  ///< something of it is trained
};
TrainedTowers trained_towers(const models::Clip& model);

/// Throws Error(kUsage) for a term that learns from nothing but locked towers: it would train a
/// head that nobody reads, or nothing.
void require_trained_terms(const losses::Objective& objective, const models::Clip& model);

}  // namespace clipwright::train::tuning
