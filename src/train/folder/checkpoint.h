// Checkpoints: folders step_<N> that count only once their DONE is there
// (docs/formats/checkpoint.md).
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "core/json.h"
#include "losses/objective.h"
#include "models/clip.h"
#include "optim/adamw.h"
#include "optim/moving_average.h"
#include "train/folder/meters.h"

namespace clipwright::train::folder {

/// The lowest validation loss of a run, and how long ago it was.
struct BestValidation {
  double loss = 0;
  int64_t step = -1;  ///< -1: there was no validation yet
  int64_t since = 0;  ///< validations after it

  /// Takes in a loss. Returns whether it is the lowest.
  bool add(double loss_now, int64_t step_now);
};

/// What a run is besides its tensors.
struct TrainState {
  int64_t step = 0;             ///< steps done
  int64_t samples = 0;          ///< pairs seen
  int64_t pass = 0, batch = 0;  ///< place of the next batch in the data
  int64_t skipped = 0;          ///< samples that could not be used
  Meters meters;
  BestValidation best;
  Json trajectory;      ///< every setting that decides the numbers of later steps
  std::string machine;  ///< device and threads: equal ones give equal bits
};

/// What a run holds in tensors.
struct RunTensors {
  models::Clip& model;
  losses::Objective& objective;
  optim::AdamW& optimizer;
  optim::MovingAverage* average = nullptr;  ///< null: none
};

/// Writes CHECKPOINTS/step_<N> under a temporary name, DONE last, syncs, and renames.
/// Returns its path. Throws Error(kFailed) and leaves nothing behind when the disk refuses.
std::filesystem::path save_checkpoint(const std::filesystem::path& checkpoints,
                                      const TrainState& state, const RunTensors& tensors);

/// The state alone, with every file's size and checksum compared with DONE. Throws Error(kInput)
/// naming the file that is damaged.
TrainState read_train_state(const std::filesystem::path& checkpoint);

/// The tensors. Throws Error(kInput) naming file and tensor when they do not fit, or hold what no
/// step of training leaves.
/// Where the run averages its weights or adapts them (LoRA), what is frozen stays as it is: the
/// weights that the run started from.
void load_tensors(const std::filesystem::path& checkpoint, const TrainState& state,
                  const RunTensors& tensors);

/// The newest finished checkpoint, if any.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& checkpoints);

/// Deletes finished checkpoints but the newest `keep` (0: deletes none) and those of the steps
/// `spared`, and what killed processes left unfinished.
void delete_old_checkpoints(const std::filesystem::path& checkpoints, int64_t keep,
                            const std::set<int64_t>& spared = {});

/// Renames checkpoints after `step` to old_step_<N>: a run that goes back to an earlier one must
/// not find its own future.
void set_aside_checkpoints_after(const std::filesystem::path& checkpoints, int64_t step);

}  // namespace clipwright::train::folder
