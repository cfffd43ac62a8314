// One training step up to the gradients: towers forward, objective, backward; in micro-batches when
// the batch is too large for memory.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "losses/objective.h"
#include "models/clip.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::train::loop {

/// N pairs. `texts[k]` holds slot k's text of every pair.
struct StepInput {
  Tensor pixels;  ///< uint8 (N, 3, S, S) on the CPU
  std::vector<text::bpe::PackedTexts> texts;
};

/// The micro-batches of a step: what goes through the towers at once.
class StepParts {
 public:
  virtual ~StepParts() = default;
  virtual int64_t count() const = 0;
  /// Waits until it is there. Asked for in order, and in training a second time; valid until
  /// `done`.
  virtual const StepInput& part(int64_t i) = 0;
  /// It will not be asked for again.
  virtual void done(int64_t i) = 0;
};

/// The rows of a batch that lies in memory as a whole.
class SlicedBatch final : public StepParts {
 public:
  /// `micro_batch` rows a part, the last ones maybe fewer; 0: all. `whole` must outlive this.
  SlicedBatch(const StepInput& whole, int64_t micro_batch);
  int64_t count() const override;
  const StepInput& part(int64_t i) override;
  void done(int64_t i) override {}

 private:
  const StepInput& whole_;
  int64_t pairs_, micro_batch_;
  StepInput part_;
};

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
text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first,
                                   int64_t count);

/// The objective of the step in evaluation mode and without gradients. Changes nothing.
StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, StepParts& input,
                       const StepOptions& options);
/// The same, `options.micro_batch` pairs through the towers at a time.
StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, const StepInput& input,
                       const StepOptions& options);

/// Adds the gradients of the objective over all N pairs to the parameters' gradients.
/// With micro-batches the gradient is still exact and every pair is a negative of every other
/// (GradCache, Gao et al. 2021): features are computed without a graph, the loss runs once on all
/// of them, then each micro-batch runs again and receives its features' gradients. The scale takes
/// part in the loss once, so its gradient is exact as well. Costs one more forward pass, and the
/// pixels of every part are kept until its second pass.
/// A tower with batch normalisation, in training mode, normalises each part by itself; the gradient
/// is exact for that. Its running statistics move once, by what all parts saw.
StepLoss forward_backward(models::Clip& model, losses::Objective& objective, StepParts& input,
                          const StepOptions& options);
/// The same, `options.micro_batch` pairs through the towers at a time.
StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options);

}  // namespace clipwright::train::loop
