#include "rewrite/ledger/sqlite_worker_slot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"

namespace clipwright::rewrite::ledger {
namespace {

constexpr int kMostWorkers = 10000;

struct flock bytes_from(int first, int count, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = count;
  return range;
}

}  // namespace

SqliteWorkerSlot::SqliteWorkerSlot(const std::filesystem::path& ledger, bool take_one)
    // One ledger may have several names.
    : path_(std::filesystem::weakly_canonical(ledger).string() + "-workers") {
  if (!take_one) {
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);  // absent: nobody lives
    return;
  }
  while (!take()) {
  }
}

/// False when a leaving worker took the file away between opening and locking.
bool SqliteWorkerSlot::take() {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    fail_running(path_.string() + ": cannot be made (" + std::strerror(errno) + ")",
                 "a folder that may be written to");
  for (slot_ = 0; slot_ < kMostWorkers; ++slot_) {
    // Locks of the open file, not of the process: two ledgers in one process
    // are two workers.
    struct flock range = bytes_from(slot_, 1, F_WRLCK);
    if (::fcntl(descriptor_, F_OFD_SETLK, &range) == 0) break;
    if (errno != EAGAIN && errno != EACCES)
      fail_running(path_.string() + ": cannot be locked (" + std::strerror(errno) + ")",
                   "a file system with locks", "Keep the ledger on a local disk.");
  }
  struct stat ours {
  }, named{};
  if (slot_ < kMostWorkers && ::fstat(descriptor_, &ours) == 0 &&
      ::stat(path_.c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
      ours.st_dev == named.st_dev)
    return true;
  ::close(descriptor_);
  return false;
}

SqliteWorkerSlot::~SqliteWorkerSlot() {
  if (descriptor_ < 0) return;
  if (slot_ < 0) {
    ::close(descriptor_);
    return;
  }
  struct flock all = bytes_from(0, kMostWorkers, F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &all) == 0) ::unlink(path_.c_str());
  ::close(descriptor_);
}

bool SqliteWorkerSlot::lives(int slot) const {
  if (slot == slot_ || descriptor_ < 0) return false;
  struct flock range = bytes_from(slot, 1, F_WRLCK);
  return ::fcntl(descriptor_, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace clipwright::rewrite::ledger
