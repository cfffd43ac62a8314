// One run of training from open data to a finished model; train() makes one, or a pair of them.
#pragma once

#include <memory>

#include "data/captions/caption_policy.h"
#include "data/source/dataset.h"
#include "train/loop/trainer.h"
#include "train/options/options.h"

namespace clipwright::train::loop {

/// What a run trains on; shared, because a baseline trains on the same again.
struct TrainingData {
  std::shared_ptr<const data::source::Dataset> pairs;
  std::shared_ptr<const data::captions::CaptionTable> captions;
  std::shared_ptr<const data::source::Dataset> validation;
};

/// Trains as `options` say and writes the run's folder. Data that is not open yet is opened and
/// left in `data`. Throws what train() throws.
TrainResult run_training(const options::TrainOptions& options, TrainingData& data);

}  // namespace clipwright::train::loop
