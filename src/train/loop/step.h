// One training step up to the gradients: towers forward, objective, backward; in micro-batches when
// the batch is too large for memory.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/loader/loader.h"
#include "losses/objective.h"
#include "models/clip.h"

namespace clipwright::train::loop {

/// All N pairs of a step. `texts[k]` holds slot k's text of every pair.
struct StepInput {
  Tensor pixels;  ///< uint8 (N, 3, S, S) on the CPU
  std::vector<text::bpe::PackedTexts> texts;
};
/// A view of a loader's batch, valid as long as the batch.
StepInput view_of(data::loader::Batch& batch, int image_size);

struct StepOptions {
  int64_t micro_batch = 0;  ///< pairs that go through the towers at once; 0: all
  bool bfloat16 = false;    ///< autocast in the towers; features and loss stay in float32
};

struct StepLoss {
  double loss = 0;
  double logit_scale = 0;                             ///< the exponential
  std::vector<std::pair<std::string, double>> terms;  ///< unweighted
};

/// Texts first .. first + count - 1 of a packed list.
text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first, int64_t count);

/// The objective of the step in evaluation mode and without gradients, all pairs through the towers
/// `micro_batch` at a time. Changes nothing.
StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, const StepInput& input,
                       const StepOptions& options);

/// Adds the gradients of the objective over all N pairs to the parameters' gradients.
/// With micro-batches the gradient is still exact and every pair is a negative of every other
/// (GradCache, Gao et al. 2021): features are computed without a graph, the loss runs once on all
/// of them, then each micro-batch runs again and receives its features' gradients. The scale takes
/// part in the loss once, so its gradient is exact as well. Costs one more forward pass.
/// A tower with batch normalisation, in training mode, normalises each micro-batch by itself; the
/// gradient is exact for that. Its running statistics move once, by what all micro-batches saw.
StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options);

}  // namespace clipwright::train::loop
