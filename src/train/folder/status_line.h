// One line a step that says how the run is doing: live on a terminal, a plain line every so many
// steps elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "train/options/options.h"

namespace clipwright::train::folder {

/// "step 1,240/46,900  epoch 0.93  loss 4.1203 (z -0.3)  contrastive 4.1203  scale 21.4  lr 9.3e-04
/// |g| 0.82  1,312 img/s  wait 1 % skipped 3  left 9 h 41 min"
std::string status_text(const options::StepReport& report);

class StatusLine {
 public:
  explicit StatusLine(int64_t log_every) : log_every_(log_every) {}
  void show(const options::StepReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  int64_t log_every_;
  Clock::time_point shown_{};
};

}  // namespace clipwright::train::folder
