// Training from start to finish: data, model, objective, optimiser, the loop, checkpoints, and a
// model directory at the end.
#pragma once

#include <filesystem>
#include <memory>

#include "data/captions/caption_table.h"
#include "data/source/dataset.h"
#include "train/options/options.h"

namespace clipwright::train::loop {

struct TrainResult {
  std::filesystem::path folder;  ///< LOGS/NAME
  std::filesystem::path model;  ///< LOGS/NAME/model, an open_clip directory; empty when interrupted
  int64_t steps = 0, samples = 0;
  double loss = 0;           ///< mean of the last 50 steps (of fewer in a shorter run)
  double val_loss = 0;       ///< last evaluation, NaN without `val_data`
  double seconds = 0;        ///< time of training, over all sessions of the run
  double samples_per_s = 0;  ///< of this session
  int64_t skipped = 0;       ///< samples that could not be used
  bool interrupted = false;  ///< stopped by SIGINT or SIGTERM after a clean save
};

/// Runs to the end, or to a clean checkpoint on SIGINT/SIGTERM. Throws Error(kUsage) for options
/// that cannot work, Error(kInput) for data or weights that cannot be used, Error(kFailed) for a
/// full disk or a loss that is not finite.
TrainResult train(const options::TrainOptions& options);

/// The same on pairs that are already open; `options.train_data` is then only a name for the log
/// and `options.rewrites` is not read. `validation` may be null.
TrainResult train(const options::TrainOptions& options,
                  std::shared_ptr<const data::source::Dataset> dataset,
                  std::shared_ptr<const data::captions::CaptionTable> captions,
                  std::shared_ptr<const data::source::Dataset> validation = nullptr);

}  // namespace clipwright::train::loop
