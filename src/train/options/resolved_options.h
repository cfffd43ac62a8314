// What options leave open, as the preset, the terms, the model and the data decide it. The options
// themselves stay as they were checked.
#pragma once

#include <string>

#include "data/captions/text_slot.h"
#include "losses/objective.h"
#include "train/options/options.h"

namespace clipwright::train::options {

struct ResolvedObjective {
  losses::ObjectiveConfig config;  ///< the preset with the user's terms, views and texts
  std::string
      caption_policy;  ///< what the loader brings: what the terms need, or the user's choice
  std::string decay_rule;
};

/// Throws Error(kUsage) for a preset or a term that does not exist, and where the terms cannot use
/// what the caption policy brings.
ResolvedObjective resolve_objective(const TrainOptions& options);

/// The captions' slots as the loader makes them: what "caption" means is the policy's.
std::vector<data::captions::TextSlot> text_slots(const ResolvedObjective& objective);

/// What only the data shows. Throws Error(kUsage) when the policy chooses among rewrites and there
/// are none, or leaves out texts that a term reads.
void check_texts(const ResolvedObjective& objective, int rewrites);

/// Throws Error(kUsage) for more class tokens than the pairs have texts to match them with:
/// `rewrites` and the original.
void check_class_tokens(const losses::Objective& objective, int rewrites);

/// Whether a step's texts can be rewrites at all.
bool uses_rewrites(const ResolvedObjective& objective);

struct ResolvedOptions {
  ResolvedObjective objective;
  std::string augment;
  int64_t warmup_steps = 0;
  std::string logs, name;
};

/// The same run with nothing left open: what config.toml and the trajectory hold.
TrainOptions filled_in(const TrainOptions& options, const ResolvedOptions& resolved);

}  // namespace clipwright::train::options
