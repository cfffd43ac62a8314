#include "train/folder/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "train/folder/checkpoint.h"

namespace clipwright::train::folder {
namespace {

/// "2026_11_21-09_30_00-ViT-B-32-laclip"
std::string default_name(const options::TrainOptions& options) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char date[32];
  std::strftime(date, sizeof date, "%Y_%m_%d-%H_%M_%S", &local);
  std::string model = fs::path(options.model).filename().string();
  if (model.empty()) model = fs::path(options.model).parent_path().filename().string();
  return std::string(date) + "-" + model + "-" + options.objective;
}

fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

bool holds_run(const fs::path& folder) {
  std::error_code ignored;
  return latest_checkpoint(folder / "checkpoints").has_value() ||
         fs::file_size(folder / "metrics.jsonl", ignored) + 1 > 1 ||
         fs::exists(folder / "model", ignored);
}

RunFolder::RunFolder(const options::TrainOptions& options)
    : logs_(options.logs), name_(options.name) {
  const bool latest = options.resume == "latest";
  if (latest && name_.empty())
    fail_usage("--resume latest does not say of which run", "--name NAME beside it");
  if (!options.resume.empty() && !latest) {
    checkpoint_ = without_trailing_slash(options.resume);
    if (!fs::is_directory(*checkpoint_)) {
      fail_input("--resume " + options.resume + ": there is no such checkpoint",
                 "latest, or a folder LOGS/NAME/checkpoints/step_<N>");
    }
    const fs::path run = fs::absolute(*checkpoint_).parent_path().parent_path();
    if (name_.empty()) {
      logs_ = run.parent_path().string();
      name_ = run.filename().string();
    }
  }
  if (name_.empty()) name_ = default_name(options);
  path_ = fs::path(logs_) / name_;

  if (latest) checkpoint_ = latest_checkpoint(checkpoints());
  const bool continues =
      latest || (checkpoint_ && fs::weakly_canonical(*checkpoint_).parent_path() ==
                                    fs::weakly_canonical(checkpoints()));
  if (!continues && holds_run(path_)) {
    fail_usage(path_.string() + " holds a run already", {},
               "Continue it with --resume latest, or choose another --name.");
  }
  remove_ = !fs::exists(path_);
  remove_logs_ = !fs::exists(path_.parent_path());
  make_folder(path_);
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) fail_running(path_.string() + ": cannot be opened (" + std::strerror(errno) + ")");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    remove_ = false;
    fail_usage(path_.string() + " is being written by another process", {},
               "Wait for it to end, or choose another --name.");
  }
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (remove_) fs::remove_all(path_, ignored);
  if (remove_ && remove_logs_) fs::remove(path_.parent_path(), ignored);  // only when empty
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace clipwright::train::folder
