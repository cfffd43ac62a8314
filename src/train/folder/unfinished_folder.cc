#include "train/folder/unfinished_folder.h"

#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/file.h"

namespace clipwright::train::folder {
namespace {

void check(const fs::path& path, const std::error_code& error, const char* what) {
  if (error) fail_running(path.string() + ": cannot be " + what + " (" + error.message() + ")");
}

}  // namespace

UnfinishedFolder::UnfinishedFolder(fs::path name)
    : name_(std::move(name)),
      path_(name_.parent_path() / (".unfinished_" + name_.filename().string())) {
  std::error_code error;
  fs::remove_all(path_, error);
  check(path_, error, "removed");
  make_folder(path_);
}

UnfinishedFolder::~UnfinishedFolder() {
  std::error_code ignored;
  if (!named_) fs::remove_all(path_, ignored);
}

void UnfinishedFolder::rename() {
  sync_folder(path_);
  const fs::path before = path_.string() + ".before";
  std::error_code error, ignored;
  fs::remove_all(before, error);
  check(before, error, "removed");
  const bool there = fs::exists(name_, ignored);
  if (there) fs::rename(name_, before, error);
  check(name_, error, "renamed");
  fs::rename(path_, name_, error);
  if (error && there) fs::rename(before, name_, ignored);
  check(name_, error, "written");
  named_ = true;
  fs::remove_all(before, ignored);
  sync_folder(name_.parent_path());
}

}  // namespace clipwright::train::folder
