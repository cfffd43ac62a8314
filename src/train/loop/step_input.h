// The pairs of a training step, whole or micro-batch by micro-batch.
#pragma once

#include <vector>

#include "tensor/tensor.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::train::loop {

/// N pairs.
struct StepInput {
  std::vector<Tensor> views;  ///< one uint8 (N, 3, S, S) a view, on the CPU
  /// `texts[k]` holds slot k's text of every pair: the objective's slots, then what other texts the
  /// pairs have.
  std::vector<text::bpe::PackedTexts> texts;
  /// For a masked slot the hidden word of each token, or -1; empty for others. May end before
  /// `texts` does.
  std::vector<std::vector<int32_t>> targets = {};

  /// For a view of which patches are dropped int64 (N, K), those that are kept; in training alone.
  /// Empty: of no view.
  std::vector<Tensor> kept_patches = {};

  int64_t pairs() const { return views.at(0).size(0); }
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

/// Texts first .. first + count - 1 of a packed list.
text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first,
                                   int64_t count);

}  // namespace clipwright::train::loop
