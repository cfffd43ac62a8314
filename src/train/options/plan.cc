#include "train/options/plan.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::train::options {

Plan plan_run(const TrainOptions& options, int64_t pairs) {
  Plan plan;
  plan.pairs = pairs;
  plan.global_batch = options.batch_size * options.accum_freq;
  plan.batches_in_data = pairs / plan.global_batch;
  if (plan.batches_in_data == 0) {
    fail_input("the data has " + with_commas(pairs) + " pairs, and a step takes " +
                   with_commas(plan.global_batch),
               "at least one whole step", "Use a smaller --batch-size or --accum-freq.");
  }
  plan.steps_per_epoch = options.train_num_samples > 0
                             ? std::max<int64_t>(1, options.train_num_samples / plan.global_batch)
                             : plan.batches_in_data;
  plan.total_steps = options.steps > 0 ? options.steps : options.epochs * plan.steps_per_epoch;
  plan.warmup_steps = warmup_steps(options.warmup, plan.steps_per_epoch, plan.total_steps);
  return plan;
}

}  // namespace clipwright::train::options
