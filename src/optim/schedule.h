// The learning rate of each step: warm-up, then a curve. A pure function of the step, so a resumed
// run needs no state for it.
#pragma once

#include <cstdint>
#include <string_view>

namespace clipwright::optim {

enum class ScheduleKind {
  kCosine,    ///< open_clip: lr * (step + 1) / warmup, then half a cosine down to 0
  kConstant,  ///< open_clip's const: the same warm-up, then lr
  kLaclip,  ///< LaCLIP: linspace(1e-6, lr, warmup), both ends included, then half a cosine down to
            ///< 1e-5
};

/// "cosine", "const" or "laclip". Throws Error(kUsage) naming the nearest.
ScheduleKind parse_schedule(std::string_view name);

class Schedule {
 public:
  /// `total_steps` includes the warm-up. A warm-up as long as the run never reaches the curve.
  Schedule(ScheduleKind kind, double lr, int64_t warmup_steps, int64_t total_steps);

  /// The rate of step 0, 1, ... total_steps - 1.
  double at(int64_t step) const;

 private:
  ScheduleKind kind_;
  double lr_;
  int64_t warmup_, total_;
};

}  // namespace clipwright::optim
