// `model inspect`: what a model is, how it is stored, where it comes from, what is missing.
#pragma once

#include <optional>
#include <string>

#include "card/run_facts.h"
#include "core/json.h"
#include "models/files/stored_weights.h"
#include "models/model_argument.h"
#include "models/model_summary.h"

namespace clipwright::card {

struct Inspection {
  models::ModelSummary summary;
  models::files::StoredWeights stored;
  std::optional<RunFacts> run;  ///< of the run whose folder it is, or in whose folder it lies

  std::string text() const;
  Json json() const;
};

/// Throws as models::summarize().
Inspection inspect(const models::ModelArgument& model);

}  // namespace clipwright::card
