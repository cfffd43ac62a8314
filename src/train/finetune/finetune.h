// A model fitted to somebody's own pairs, and what that did to it: a training run with careful
// settings, then the model before and after on held-out pairs and on sets that it should not forget
// (docs/finetuning.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/paired/comparison.h"
#include "train/options/options.h"

namespace clipwright::train::finetune {

/// Settings of `train` as recipes/finetune.toml has them.
options::TrainOptions finetune_defaults();

struct FinetuneRequest {
  options::TrainOptions train = finetune_defaults();
  /// NAME=FOLDER or FOLDER each: pictures with classes, on which zero-shot classification is
  /// compared. What the model knew before shows there.
  std::vector<std::string> keep;
};

struct FinetuneResult {
  std::filesystem::path folder, model, report;  ///< LOGS/NAME, its model/ and report.md
  eval::paired::Comparison comparison;          ///< arms "before" and "after"
  bool interrupted = false;                     ///< of the training; nothing is compared then
};

/// Trains, evaluates and writes LOGS/NAME/report.md, report.json and comparison/{before,after}/.
/// Throws Error(kUsage) for a model without weights and for sets of one name, and what training and
/// evaluation throw.
FinetuneResult finetune(const FinetuneRequest& request);

}  // namespace clipwright::train::finetune
