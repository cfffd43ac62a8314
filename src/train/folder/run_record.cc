#include "train/folder/run_record.h"

#include <cmath>

#include "core/file.h"
#include "core/log.h"
#include "core/process/processor.h"

namespace clipwright::train::folder {
namespace {

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json read_earlier(const fs::path& path) {
  std::error_code unreadable;
  if (!fs::exists(path, unreadable)) return Json::object();
  Json record = try_json(read_file(path));
  if (record.is_object() && record.contains("sessions") && record["sessions"].is_array())
    return record;
  log_warning(path.string() + ": is no record of a run; it is begun anew");
  return Json::object();
}

}  // namespace

RunRecord::RunRecord(const fs::path& folder, const Start& start) : path_(folder / kRunRecordName) {
  record_ = start.from_step > 0 ? read_earlier(path_) : Json::object();
  record_["pairs"] = start.pairs;
  record_["rewrites"] = start.rewrites;
  record_["validation_pairs"] = start.validation_pairs;
  record_["sessions"].push_back({{"from_step", start.from_step},
                                 {"device", start.device},
                                 {"kernels", start.kernels},
                                 {"processor", processor_name()},
                                 {"threads", processor_threads()},
                                 {"memory", machine_memory()}});
  record_["done"] = false;
  write();
}

void RunRecord::end(const End& end) {
  record_["sessions"].back()["to_step"] = end.step;
  record_["steps"] = end.step;
  record_["samples"] = end.samples;
  record_["skipped"] = end.skipped;
  record_["seconds"] = end.seconds;
  record_["loss"] = number_or_null(end.loss);
  record_["val_loss"] = number_or_null(end.val_loss);
  record_["done"] = end.done;
  write();
}

void RunRecord::write() const { write_file(path_, record_.dump(2) + "\n"); }

}  // namespace clipwright::train::folder
