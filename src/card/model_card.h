// A model card in Markdown, with the head that Hugging Face reads: what is known of a model and of
// the run that made it, and by name what is not.
#pragma once

#include <string>
#include <vector>

#include "models/model_argument.h"

namespace clipwright::card {

struct CardRequest {
  models::ModelArgument model;       ///< a run's folder, or anything that --model takes
  std::vector<std::string> results;  ///< files and folders of results; empty: the run's own
  std::string name;                  ///< title; empty: the folder's name
  std::string license;               ///< an identifier such as "mit"; empty: not known
};

/// Throws Error(kUsage) and Error(kInput) as load_model() does, and for results that are not there;
/// a result that is damaged is named in the log and left out.
std::string write_card(const CardRequest& request);

}  // namespace clipwright::card
