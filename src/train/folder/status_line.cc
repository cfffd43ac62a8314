#include "train/folder/status_line.h"

#include <cmath>
#include <cstdio>

#include "core/log.h"

namespace clipwright::train::folder {
namespace {

constexpr auto kBetweenLiveLines = std::chrono::milliseconds(200);

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[128];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string rate_text(double rate) {
  return rate >= 100 ? with_commas(std::llround(rate)) : format("%.1f", rate);
}

}  // namespace

std::string status_text(const options::StepReport& report) {
  std::string line = "step " + with_commas(report.step) + "/" + with_commas(report.total_steps);
  line += format("  epoch %.2f  loss %.4f", report.epoch, report.loss);
  if (report.loss_z != 0) line += format(" (z %+.1f)", report.loss_z);
  for (const auto& [name, value] : report.terms) line += "  " + name + format(" %.4f", value);
  line +=
      format("  scale %.1f  lr %.1e  |g| %.2f  ", report.logit_scale, report.lr, report.grad_norm);
  line += rate_text(report.samples_per_s) + format(" img/s  wait %.0f %%", 100 * report.data_wait);
  if (report.skipped > 0) line += "  skipped " + with_commas(report.skipped);
  if (!std::isnan(report.val_loss)) line += format("  val loss %.4f", report.val_loss);
  if (report.step < report.total_steps) line += "  left " + readable_duration(report.seconds_left);
  return line;
}

void StatusLine::show(const options::StepReport& report) {
  if (report.step % log_every_ == 0 || report.step == report.total_steps || report.step == 1 ||
      !std::isnan(report.val_loss)) {
    log_info(status_text(report));
    return;
  }
  if (Clock::now() - shown_ < kBetweenLiveLines) return;
  shown_ = Clock::now();
  show_live(status_text(report));
}

}  // namespace clipwright::train::folder
