#include "train/folder/unfinished_folder.h"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>
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
  std::error_code error, ignored;
  fs::rename(path_, name_, error);
  // One of that name is there and not empty.
  if (error == std::errc::directory_not_empty || error == std::errc::file_exists) replace(error);
  check(name_, error, "written");
  named_ = true;
  sync_folder(name_.parent_path());
}

void UnfinishedFolder::replace(std::error_code& error) {
  error.clear();
  std::error_code ignored;
  // In one step, so that a kill at any moment leaves one of the two under the name.
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name_.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(path_, ignored);
    return;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    error = std::error_code(errno, std::generic_category());
    return;
  }
  // A file system that cannot exchange.
  const fs::path before = path_.string() + ".before";
  fs::remove_all(before, error);
  check(before, error, "removed");
  fs::rename(name_, before, error);
  check(name_, error, "renamed");
  fs::rename(path_, name_, error);
  if (error) fs::rename(before, name_, ignored);
  if (!error) fs::remove_all(before, ignored);
}

}  // namespace clipwright::train::folder
