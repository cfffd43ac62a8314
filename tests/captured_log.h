// What the product logs while a test looks.
#pragma once

#include <optional>
#include <string>

#include "core/file.h"
#include "core/log.h"
#include "tests/temporary_folder.h"

namespace clipwright {

class CapturedLog {
 public:
  CapturedLog() : log_(std::in_place, folder_ / "log") {}
  /// Everything since the object was made. Nothing is captured any more.
  std::string told() {
    log_.reset();
    return read_file(folder_ / "log");
  }

 private:
  TemporaryFolder folder_;
  std::optional<LogFile> log_;
};

}  // namespace clipwright
