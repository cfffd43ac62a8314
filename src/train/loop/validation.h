// The objective on held-out pairs, as a run goes on.
#pragma once

#include <memory>

#include "data/loader/loader.h"
#include "train/loop/step.h"

namespace clipwright::train::loop {

class Validation {
 public:
  /// Pairs of `dataset` with their original captions in every text slot (masked ones
  /// masked), evaluation transform for every view, batches of
  /// `loader.batch_size` (of the whole set when it is smaller); the last incomplete batch is left
  /// out.
  Validation(std::shared_ptr<const data::source::Dataset> dataset,
             data::loader::LoaderOptions loader);

  /// Mean over batches: in-batch negatives, so it depends on the batch size.
  double loss(models::Clip& model, losses::Objective& objective, const StepOptions& step) const;

 private:
  std::shared_ptr<const data::source::Dataset> dataset_;
  std::shared_ptr<const data::captions::CaptionTable> captions_;
  data::loader::LoaderOptions loader_;
};

}  // namespace clipwright::train::loop
