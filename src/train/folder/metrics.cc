#include "train/folder/metrics.h"

#include <cmath>
#include <string>

#include "core/file.h"

namespace clipwright::train::folder {
namespace {

/// The step of a row, or -1 when the line is no row.
int64_t step_of(std::string_view line) {
  const Json row = try_json(line);
  if (!row.is_object() || !row.contains("step") || !row["step"].is_number_integer()) return -1;
  return row["step"].get<int64_t>();
}

/// Where the rows up to `last_step` end. Looks from the end of the file, as only its last rows can
/// be too new.
size_t end_of_rows(std::string_view text, int64_t last_step) {
  size_t end = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
  while (end > 0) {
    const size_t before = end >= 2 ? text.rfind('\n', end - 2) : std::string_view::npos;
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const int64_t step = step_of(text.substr(begin, end - begin));
    if (step >= 0 && step <= last_step) break;
    end = begin;
  }
  return end;
}

}  // namespace

Json metrics_row(const options::StepReport& report) {
  Json row = {{"step", report.step},
              {"epoch", report.epoch},
              {"samples", report.samples},
              {"loss", report.loss},
              {"logit_scale", report.logit_scale},
              {"lr", report.lr},
              {"grad_norm", report.grad_norm},
              {"samples_per_s", report.samples_per_s},
              {"data_wait", report.data_wait},
              {"skipped", report.skipped}};
  for (const auto& [name, value] : report.terms) row[name] = value;
  for (const auto& [name, value] : report.shares) row[name + "/gradient_share"] = value;
  for (const auto& [name, value] : report.readings) row[name] = value;
  if (!std::isnan(report.val_loss)) row["val_loss"] = report.val_loss;
  return row;
}

MetricsFile::MetricsFile(const fs::path& path, int64_t last_step)
    : file_(path, "Free some space, then go on with --resume latest.") {
  file_.cut(last_step > 0 ? end_of_rows(MappedFile(path).text(), last_step) : 0);
}

void MetricsFile::append(const Json& row) { file_.append(to_line(row) + "\n"); }

}  // namespace clipwright::train::folder
