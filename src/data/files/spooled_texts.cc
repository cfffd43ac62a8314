#include "data/files/spooled_texts.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/error.h"

namespace clipwright::data::files {
namespace {

constexpr size_t kBuffer = 1 << 20;

std::string folder() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

[[noreturn]] void refuse(int error) {
  fail_running(folder() + ": a temporary file cannot be written (" + std::strerror(error) + ")", {},
               "Set TMPDIR to a folder with space.");
}

}  // namespace

SpooledTexts::SpooledTexts() {
  std::string name = folder() + "/clipwright.XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) refuse(errno);
  ::unlink(name.c_str());
}

SpooledTexts::~SpooledTexts() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void SpooledTexts::add(std::string_view text) {
  buffer_.append(text);
  size_ += text.size();
  ends_.push_back(size_);
  if (buffer_.size() >= kBuffer) flush();
}

void SpooledTexts::flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) refuse(count < 0 ? errno : ENOSPC);
    done += static_cast<size_t>(count);
  }
  buffer_.clear();
}

void SpooledTexts::finish() {
  flush();
  buffer_ = {};
  ends_.shrink_to_fit();
  if (size_ > 0) {
    void* mapping = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
    if (mapping == MAP_FAILED) refuse(errno);
    data_ = static_cast<const char*>(mapping);
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

std::string_view SpooledTexts::operator[](int64_t index) const {
  const auto i = static_cast<size_t>(index);
  const uint64_t begin = i == 0 ? 0 : ends_[i - 1];
  return {data_ + begin, ends_[i] - begin};
}

}  // namespace clipwright::data::files
