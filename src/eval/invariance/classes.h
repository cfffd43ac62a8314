// Wording of class prompts: does zero-shot classification answer the same when classes are called
// otherwise, and does a picture prefer its prompt to one with a thing changed?
#pragma once

#include <string>
#include <vector>

#include "audit/calibration/corruption.h"
#include "eval/features.h"
#include "eval/invariance/outcome.h"
#include "eval/sets/evaluation_data.h"

namespace clipwright::eval::invariance {

/// Other prompts for the same classes. Where `templates` are the set's own, each prompt is a
/// rewording of the one it stands for.
struct ClassRewording {
  std::string name;
  std::vector<std::string> classnames;  ///< in label order
  std::vector<std::string> templates;
};

/// Zero-shot classification with the set's prompts and with each rewording's. Throws as
/// `evaluate_zeroshot`, and Error(kInput) for fewer than two classes.
InvarianceOutcome class_invariance(models::Clip& model, const sets::ClassificationData& data,
                                   const std::vector<ClassRewording>& rewordings,
                                   const audit::calibration::Corruption& corruption,
                                   const EvalOptions& options = {});

}  // namespace clipwright::eval::invariance
