// One run of training from open data to a finished model; train() makes one, or a pair of them.
#pragma once

#include <memory>

#include "data/captions.h"
#include "data/dataset.h"
#include "train/options.h"
#include "train/trainer.h"

namespace clipwright {

/// What a run trains on; shared, because a baseline trains on the same again.
struct TrainingData {
  std::shared_ptr<const Dataset> pairs;
  std::shared_ptr<const CaptionTable> captions;
  std::shared_ptr<const Dataset> validation;
};

/// Trains as `options` say and writes the run's folder. Data that is not open yet is opened and
/// left in `data`. Throws what train() throws.
TrainResult run_training(TrainOptions options, TrainingData& data);

}  // namespace clipwright
