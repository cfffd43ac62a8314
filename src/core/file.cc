#include "core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace clipwright {
namespace {

constexpr size_t kWriteBuffer = size_t{1} << 20;
constexpr int kMostLinks = 40;  // as the kernel follows

std::string because(int error) { return std::strerror(error); }

int open_for_reading(const fs::path& path, size_t* size) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    fail_input(path.string() + ": cannot be opened (" + because(errno) + ")", "a readable file",
               "Check the path and its permissions.");
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    fail_input(path.string() + ": is not a regular file", "a file");
  }
  *size = static_cast<size_t>(status.st_size);
  return descriptor;
}

/// What a name stands for: behind symbolic links, of which the last may lead to nothing yet.
fs::path behind_links(const fs::path& name) {
  fs::path path = name;
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code error;
    const fs::path target = fs::read_symlink(path, error);
    if (error) return path;  // no link
    path = path.parent_path() / target;
  }
  fail_running(name.string() + ": cannot be written (" + because(ELOOP) + ")",
               "the name of a file, or a link to one");
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const int descriptor = open_for_reading(path, &size_);
  if (size_ > 0) {
    void* mapping = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) {
      const int error = errno;
      ::close(descriptor);
      fail_running(path.string() + ": cannot be mapped into memory (" + because(error) + ")");
    }
    data_ = static_cast<const std::byte*>(mapping);
  }
  ::close(descriptor);
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(path_, other.path_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::string read_file(const fs::path& path) {
  size_t size = 0;
  const int descriptor = open_for_reading(path, &size);
  std::string contents(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(descriptor, contents.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  ::close(descriptor);
  if (done != size) {
    fail_input(path.string() + ": only " + std::to_string(done) + " of " + std::to_string(size) +
               " bytes could be read");
  }
  return contents;
}

void write_file(const fs::path& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents);
  file.commit();
}

AtomicFile::AtomicFile(const fs::path& path)
    : path_(behind_links(path)),
      temporary_(path_.string() + ".new." + std::to_string(::getpid())),
      name_(path.string() + (path_ == path ? "" : " (a link to " + path_.string() + ")")) {
  // A rename over a device or a pipe would put a file in its place.
  std::error_code error;
  const fs::file_status found = fs::status(path, error);
  if (fs::exists(found) && !fs::is_regular_file(found)) {
    fail_running(name_ + ": cannot be written (it is " +
                     (fs::is_directory(found) ? "a folder)" : "no regular file)"),
                 "the name of a file, new or to be replaced");
  }
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    fail_running(name_ + ": cannot be written (" + because(errno) + ")",
                 "a folder that exists and may be written to");
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kWriteBuffer) flush();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void AtomicFile::flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      fail_running(name_ + ": cannot be written (" + because(errno) + ")", {},
                   "Free some space or choose another folder; the file was left as it was.");
    }
    done += static_cast<size_t>(count);
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (::fsync(descriptor_) != 0 || ::close(std::exchange(descriptor_, -1)) != 0 ||
      ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail_running(name_ + ": cannot be written (" + because(error) + ")");
  }
  sync_folder(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_running(path.string() + ": cannot be made (" + error.message() + ")");
}

void sync_folder(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

fs::path user_cache_folder() {
  if (const char* chosen = std::getenv("XDG_CACHE_HOME"); chosen != nullptr && *chosen != '\0')
    return fs::path(chosen) / "clipwright";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "clipwright";
  return {};
}

fs::path shared_file(std::string_view name) {
  std::vector<fs::path> folders;
  if (const char* chosen = std::getenv("CLIPWRIGHT_SHARE")) folders.emplace_back(chosen);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back(program.parent_path() / "share");
    folders.push_back(program.parent_path().parent_path() / "share" / "clipwright");
  }
  folders.emplace_back(CLIPWRIGHT_BUILD_SHARE);
  std::string looked;
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / name, error)) return folder / name;
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  fail_running(std::string(name) + ": this file of the program was not found in " + looked, {},
               "Build with ./run build, or set CLIPWRIGHT_SHARE to the folder that holds it.");
}

}  // namespace clipwright
