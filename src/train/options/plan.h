// The arithmetic of a run: how many steps, where epochs end, which batch a step reads. All of it
// follows from the options and the data's size, so a step number says everything about the place in
// the data.
#pragma once

#include <cstdint>

#include "train/options/options.h"

namespace clipwright::train::options {

struct Plan {
  int64_t pairs = 0;            ///< in the data
  int64_t global_batch = 0;     ///< pairs a step
  int64_t batches_in_data = 0;  ///< whole global batches a pass over the data gives
  int64_t steps_per_epoch = 0;  ///< the same unless --train-num-samples says otherwise
  int64_t total_steps = 0;
  int64_t warmup_steps = 0;

  /// Pass over the data and batch within it that step `step` (0, 1, ...) reads.
  int64_t pass(int64_t step) const { return step / batches_in_data; }
  int64_t batch(int64_t step) const { return step % batches_in_data; }
  /// Epochs done after `steps` steps.
  double epochs(int64_t steps) const {
    return static_cast<double>(steps) / static_cast<double>(steps_per_epoch);
  }
  /// Whether `steps` steps end an epoch.
  bool ends_epoch(int64_t steps) const { return steps % steps_per_epoch == 0; }
};

/// Throws Error(kInput) when the data has fewer pairs than one step needs.
Plan plan_run(const TrainOptions& options, int64_t pairs);

}  // namespace clipwright::train::options
