// Wording of captions: does retrieval answer the same when captions are said otherwise, and
// otherwise when one thing in them is changed?
#pragma once

#include <string>
#include <vector>

#include "audit/calibration/corruption.h"
#include "data/source/dataset.h"
#include "eval/features.h"
#include "eval/invariance/outcome.h"

namespace clipwright::eval::invariance {

struct CaptionRewording {
  std::string name;
  std::vector<std::string> texts;  ///< by row of the set; empty: the caption has none
};

/// Retrieval at rank one in both directions among the captions that have the rewording, with the
/// originals and with the rewordings in their place; and every damage that applies to a caption.
/// Of a row the first caption alone counts: EveryCaption makes a row of each. Rows with one key are
/// one picture. Rewordings that are the same tokens to the model say nothing
/// and are left out. Throws Error(kInput) when there are fewer than two pictures with a caption.
InvarianceOutcome caption_invariance(models::Clip& model, const data::source::Dataset& pairs,
                                     const std::vector<CaptionRewording>& rewordings,
                                     const audit::calibration::Corruption& corruption,
                                     const EvalOptions& options = {});

}  // namespace clipwright::eval::invariance
