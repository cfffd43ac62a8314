// LOGS/NAME: where a run writes (docs/formats/run_folder.md), and where a resumed run starts from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/options/options.h"

namespace clipwright::train::folder {

class RunFolder {
 public:
  /// Chooses a name when `options` have none and finds the checkpoint that --resume means. Creates
  /// and locks the folder. Throws Error(kUsage) when LOGS/NAME holds a run already and --resume is
  /// not given, or another process is writing it.
  explicit RunFolder(const options::TrainOptions& options);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  /// Removes a folder that this object made, unless `keep` was called: a run that never started
  /// leaves nothing behind.
  ~RunFolder();

  void keep() { remove_ = false; }

  const std::filesystem::path& path() const { return path_; }
  const std::string& logs() const { return logs_; }
  const std::string& name() const { return name_; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path model() const { return path_ / "model"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path log() const { return path_ / "out.log"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }

  /// The checkpoint to continue from; empty for a new run.
  const std::optional<std::filesystem::path>& resumes_from() const { return checkpoint_; }

 private:
  std::string logs_, name_;
  std::filesystem::path path_;
  std::optional<std::filesystem::path> checkpoint_;
  int lock_ = -1;
  bool remove_ = false, remove_logs_ = false;  ///< what was made here and holds nothing yet
};

/// Whether LOGS/NAME holds a run that a new one would overwrite.
bool holds_run(const std::filesystem::path& folder);

}  // namespace clipwright::train::folder
