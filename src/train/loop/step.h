// One training step up to the gradients: towers forward, objective, backward; in micro-batches when
// the batch is too large for memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "losses/objective.h"
#include "models/clip.h"
#include "train/loop/step_input.h"
#include "train/tuning/frozen_features.h"

namespace clipwright::train::loop {

struct StepOptions {
  int64_t micro_batch = 0;  ///< pairs that go through the towers at once; 0: all
  bool bfloat16 = false;    ///< autocast in the towers; features and loss stay in float32
  tuning::FrozenTowers* frozen = nullptr;  ///< what locked towers gave before; null: nothing
};

struct StepLoss {
  double loss = 0;
  double logit_scale = 0;                             ///< as the losses used it
  std::vector<std::pair<std::string, double>> terms;  ///< unweighted
  /// Each term's part of the gradient that reaches the towers' outputs: the norm of its own over
  /// the sum of all terms' norms. Empty in evaluation and where there is one term.
  std::vector<std::pair<std::string, double>> shares;
  std::vector<std::pair<std::string, double>> readings;  ///< what terms say of themselves
};

/// The objective of the step in evaluation mode and without gradients. Changes nothing.
StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, StepParts& input,
                       const StepOptions& options);
/// The same, `options.micro_batch` pairs through the towers at a time.
StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, const StepInput& input,
                       const StepOptions& options);

/// Adds the gradients of the objective over all N pairs to the parameters' gradients, then lets
/// running statistics and queues move, once.
///
/// Features are computed micro-batch by micro-batch without a graph; losses over the whole batch
/// run once on all of them; then each micro-batch runs again, adds its share of the losses over
/// samples, and sends the sum of both gradients through the towers (GradCache, Gao et al. 2021). So
/// the gradient is exact and every pair is a negative of every other. It costs one more forward
/// pass, and the pixels of every part are kept until its second pass; a batch of one part runs
/// once.
///
/// A tower with batch normalisation, in training mode, normalises each part by itself; the gradient
/// is exact for that. Its running statistics move by what all parts saw.
StepLoss forward_backward(models::Clip& model, losses::Objective& objective, StepParts& input,
                          const StepOptions& options);
/// The same, `options.micro_batch` pairs through the towers at a time.
StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options);

}  // namespace clipwright::train::loop
