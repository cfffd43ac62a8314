// metrics.jsonl: one JSON object a step, in order, nothing twice (docs/formats/run_folder.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/append_file.h"
#include "core/json.h"
#include "train/options/options.h"

namespace clipwright::train::folder {

/// The row of a step. Numbers are written so that they read back to the same bits.
Json metrics_row(const options::StepReport& report);

class MetricsFile {
 public:
  /// Opens for appending after the row of step `last_step`; later rows (of steps that a resumed run
  /// does again) and a torn last line are cut. Throws Error(kFailed).
  MetricsFile(const std::filesystem::path& path, int64_t last_step);

  /// Appends one row whole or not at all. Throws Error(kFailed) when the disk refuses.
  void append(const Json& row);
  /// Forces the rows to disk; before a checkpoint counts, its rows must be there.
  void sync() { file_.sync(); }

 private:
  AppendFile file_;
};

}  // namespace clipwright::train::folder
