#include "optim/schedule.h"

#include <cmath>
#include <numbers>
#include <string>

#include "core/error.h"

namespace clipwright::optim {
namespace {

constexpr double kLaclipStart = 1e-6, kLaclipEnd = 1e-5;

double cosine(double from, double to, int64_t step, int64_t steps) {
  return to + 0.5 * (from - to) *
                  (1 + std::cos(std::numbers::pi * static_cast<double>(step) /
                                static_cast<double>(steps)));
}

}  // namespace

ScheduleKind parse_schedule(std::string_view name) {
  if (name == "cosine") return ScheduleKind::kCosine;
  if (name == "const") return ScheduleKind::kConstant;
  if (name == "laclip") return ScheduleKind::kLaclip;
  const std::string near = nearest(name, {"cosine", "const", "laclip"});
  fail_usage("there is no learning-rate schedule '" + std::string(name) + "'",
             "cosine, const or laclip", near.empty() ? "" : "Did you mean '" + near + "'?");
}

Schedule::Schedule(ScheduleKind kind, double lr, int64_t warmup_steps, int64_t total_steps)
    : kind_(kind), lr_(lr), warmup_(warmup_steps), total_(total_steps) {
  CW_CHECK(warmup_steps >= 0 && total_steps > 0, "a schedule needs steps");
}

double Schedule::at(int64_t step) const {
  CW_CHECK(step >= 0 && step < total_, "a step outside the schedule");
  if (step < warmup_) {
    if (kind_ != ScheduleKind::kLaclip)
      return lr_ * static_cast<double>(step + 1) / static_cast<double>(warmup_);
    if (warmup_ == 1) return kLaclipStart;
    return kLaclipStart +
           (lr_ - kLaclipStart) * static_cast<double>(step) / static_cast<double>(warmup_ - 1);
  }
  if (kind_ == ScheduleKind::kConstant) return lr_;
  return cosine(lr_, kind_ == ScheduleKind::kLaclip ? kLaclipEnd : 0, step - warmup_,
                total_ - warmup_);
}

}  // namespace clipwright::optim
