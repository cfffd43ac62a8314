// What a run optimises: a weighted sum of terms and a caption policy. Presets are data, not code
// paths.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "losses/term.h"

namespace clipwright::losses {

/// A preset or a user's combination: term weights by name and the caption policy that goes with
/// them.
struct ObjectiveConfig {
  std::string preset;
  std::vector<std::pair<std::string, double>> weights;
  std::string caption_policy = "original";
  std::string multi_text_constant = "paper";  ///< "paper": 1/M as published; "mean": 1/(M + 1)
};

/// `clip`, `laclip`, `laclip-mt`. Throws Error(kUsage) naming the nearest.
ObjectiveConfig find_preset(std::string_view name);
std::vector<std::string> preset_names();
/// Names of all terms.
std::vector<std::string> term_names();

class Objective {
 public:
  /// Throws Error(kUsage) for a term that does not exist or a negative weight.
  explicit Objective(const ObjectiveConfig& config);

  struct Value {
    Tensor total;                                       ///< scalar with gradient
    std::vector<std::pair<std::string, Tensor>> terms;  ///< unweighted, detached
  };
  Value loss(const Features& features);
  Needs needs() const;
  /// What the terms own, under "<term>.".
  tensor::ParameterTable table() const;

 private:
  std::vector<std::pair<double, std::unique_ptr<Term>>> terms_;
};

}  // namespace clipwright::losses
