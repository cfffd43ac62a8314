// What a fine-tuning run did, in Markdown.
#pragma once

#include <cstdint>
#include <string>

#include "eval/paired/comparison.h"
#include "train/loop/trainer.h"
#include "train/options/options.h"

namespace clipwright::train::finetune {

struct FinetuneFacts {
  std::string start;  ///< the model it began with
  const options::TrainOptions& options;
  int64_t training_pairs = 0, held_out_pairs = 0;
  const loop::TrainResult& result;
  const eval::paired::Comparison& comparison;  ///< arms "before" and "after"
  size_t kept_sets = 0;
};

/// Begins with what was learned and what was forgotten, in a sentence each; then the table of all
/// sets with 95 % intervals of the differences, and how it was trained.
std::string finetune_report(const FinetuneFacts& facts);

}  // namespace clipwright::train::finetune
