// What of a model a run does not train.
#pragma once

#include "losses/objective.h"
#include "models/clip.h"

namespace clipwright::train::loop {

/// Freezes the patch embedding where the objective says so, and everything whose output no term
/// reads (a projection whose embedding is not wanted, a tower that is not, the scale): it would
/// have no gradient, and weight decay alone must not move it. Logs what it is.
void freeze_untrained(models::Clip& model, const losses::Objective& objective);

}  // namespace clipwright::train::loop
