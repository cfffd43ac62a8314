// Evaluation while a run trains: a child process of low priority looks at finished checkpoints, the
// newest first, one at a time. The run waits for it only after its last step, and its numbers are
// the same with and without.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "core/process/background_program.h"
#include "train/folder/evaluations.h"
#include "train/folder/run_folder.h"
#include "train/folder/tensorboard.h"
#include "train/options/options.h"

namespace clipwright::train::loop {

class SideEvaluation {
 public:
  /// Reads the suite, and says which of its sets choose the best checkpoint. Throws Error(kUsage)
  /// for a suite or a folder of sets that is none, and for a set that chooses among pictures that
  /// are reported.
  SideEvaluation(const options::TrainOptions& options, const folder::RunFolder& folder,
                 int64_t last_step);
  ~SideEvaluation();

  /// Whether a checkpoint is to be written for it after `step`.
  bool wants(int64_t step) const;
  /// A checkpoint is finished. It is evaluated as soon as nothing else is, instead of an older one
  /// that still waits.
  void offer(const std::filesystem::path& checkpoint, int64_t step);
  /// Takes in what has ended, starts what waits. Costs one system call.
  void look(folder::TensorBoardWriter& board);
  /// Waits until the last checkpoint that was offered is evaluated, or the process is interrupted.
  void finish(folder::TensorBoardWriter& board);

  /// Steps of checkpoints that must stay on disk: the best one, and those being looked at.
  std::set<int64_t> spared() const;

 private:
  struct Checkpoint {
    std::filesystem::path path;
    int64_t step = 0;
  };
  void start(const Checkpoint& checkpoint);
  void take_in(folder::TensorBoardWriter& board);

  const options::TrainOptions& options_;
  std::filesystem::path output_;
  folder::Evaluations evaluations_;
  std::optional<BackgroundProgram> child_;
  std::optional<Checkpoint> current_, next_;
};

}  // namespace clipwright::train::loop
