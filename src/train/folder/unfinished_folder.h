// Folders that count as soon as they have their name: checkpoints, and the model at a run's end.
#pragma once

#include <filesystem>
#include <system_error>

namespace clipwright::train::folder {

/// Made as `.unfinished_<NAME>` beside its name, and removed again unless it gets it.
class UnfinishedFolder {
 public:
  /// What a killed process left under the name of work is removed. Throws Error(kFailed).
  explicit UnfinishedFolder(std::filesystem::path name);
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;
  ~UnfinishedFolder();

  const std::filesystem::path& path() const { return path_; }

  /// Gives it its name; one that has it already goes, or stays where that fails. The files in it
  /// are synced before. Throws Error(kFailed).
  void rename();

 private:
  /// Takes the place of a folder that has the name.
  void replace(std::error_code& error);

  std::filesystem::path name_, path_;
  bool named_ = false;
};

}  // namespace clipwright::train::folder
