// The objective on held-out pairs, as a run goes on.
#pragma once

#include <memory>

#include "train/step.h"

namespace clipwright {

class Validation {
 public:
  /// Pairs of `dataset` with their original captions, evaluation transform, batches of
  /// `loader.batch_size` (of the whole set when it is smaller); the last incomplete batch is left
  /// out.
  Validation(std::shared_ptr<const Dataset> dataset, LoaderOptions loader);

  /// Mean over batches: in-batch negatives, so it depends on the batch size.
  double loss(Clip& model, Objective& objective, const StepOptions& step) const;

 private:
  std::shared_ptr<const Dataset> dataset_;
  std::shared_ptr<const CaptionTable> captions_;
  LoaderOptions loader_;
};

}  // namespace clipwright
