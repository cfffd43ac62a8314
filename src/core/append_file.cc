#include "core/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace clipwright {

AppendFile::AppendFile(const std::filesystem::path& path, std::string advice)
    : path_(path),
      advice_(std::move(advice)),
      descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail(errno);
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::fail(int error) const {
  fail_running(path_.string() + ": cannot be written (" + std::strerror(error) + ")", {}, advice_);
}

void AppendFile::cut(size_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail(errno);
}

void AppendFile::append(std::string_view record) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  while (!record.empty()) {
    const ssize_t count = ::write(descriptor_, record.data(), record.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = count < 0 ? errno : ENOSPC;
      // Where even this fails, the next reader finds a torn end, as after a power cut.
      [[maybe_unused]] const bool whole = before >= 0 && ::ftruncate(descriptor_, before) == 0;
      fail(error);
    }
    record.remove_prefix(static_cast<size_t>(count));
  }
}

void AppendFile::sync() {
  if (::fsync(descriptor_) != 0) fail(errno);
}

}  // namespace clipwright
