// TensorBoard event files: scalar curves that `tensorboard --logdir LOGS` shows
// (docs/formats/run_folder.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/append_file.h"

namespace clipwright::train::folder {

/// CRC-32C (Castagnoli), reflected, as iSCSI and TensorFlow's records use it.
uint32_t crc32c(std::string_view bytes);

class TensorBoardWriter {
 public:
  /// Starts a new events file in `folder`. `steps_done` > 0 tells readers that points of later
  /// steps in older files are superseded (a resumed run). A file that cannot be written is logged
  /// once and then left as it is, with whole events: curves are also in metrics.jsonl.
  TensorBoardWriter(const std::filesystem::path& folder, int64_t steps_done);

  /// One point for each (tag, value).
  void add_scalars(int64_t step, const std::vector<std::pair<std::string, double>>& scalars);

 private:
  void write_event(std::string_view body);
  std::optional<AppendFile> file_;  // none once it could not be written
};

}  // namespace clipwright::train::folder
