// LOGS/NAME/run.json: what a run had and did that its settings do not say (docs/formats/
// run_folder.md). A model card reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/json.h"

namespace clipwright::train::folder {

class RunRecord {
 public:
  /// What a session begins with.
  struct Start {
    std::string device;   ///< "cpu", "cuda:0"
    std::string kernels;  ///< as a checkpoint's `machine` has it
    int64_t from_step = 0;
    int64_t pairs = 0, rewrites = 0;  ///< of the data; texts of a pair beside its caption
    int64_t validation_pairs = 0;     ///< 0: none
  };
  /// What it ends with.
  struct End {
    int64_t step = 0, samples = 0, skipped = 0;
    double seconds = 0;             ///< of training, all sessions together
    double loss = 0, val_loss = 0;  ///< mean of the last steps; NaN: none
    bool done = false;
  };

  /// Goes on with the record that `folder` has; earlier sessions stay in it. One that cannot be
  /// read is begun anew, with a warning: it decides nothing.
  RunRecord(const std::filesystem::path& folder, const Start& start);
  /// Throws Error(kFailed) when the disk refuses.
  void end(const End& end);

 private:
  void write() const;
  std::filesystem::path path_;
  Json record_;
};

constexpr const char* kRunRecordName = "run.json";

}  // namespace clipwright::train::folder
