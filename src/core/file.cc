#include "core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/process/shared_files.h"

namespace clipwright {
namespace {

constexpr size_t kWriteBuffer = size_t{1} << 20;
constexpr int kMostLinks = 40;  // as the kernel follows

std::string because(int error) { return std::strerror(error); }

int open_for_reading(const fs::path& path, size_t* size) {
  const int descriptor =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe is refused, not waited for
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

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// A name of this process beside a file, another one with every call.
fs::path beside(const fs::path& file, const char* kind) {
  static std::atomic<int64_t> count = 0;
  return file.string() + "." + kind + "." + std::to_string(::getpid()) + "." +
         std::to_string(count.fetch_add(1));
}

/// What a name held, kept under another one until all names of a group are given.
class Exchange {
 public:
  explicit Exchange(fs::path path) : path_(std::move(path)), kept_(beside(path_, "old")) {}
  const fs::path& path() const { return path_; }

  /// 0, or why not; nothing has changed then.
  int replace_by(const fs::path& file) {
    ::unlink(kept_.c_str());
    if (::link(path_.c_str(), kept_.c_str()) == 0) {
      holds_ = true;
    } else if (errno == ENOENT) {
      fresh_ = true;
    } else if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) {
      return errno;
    }  // else a file system without links: what is replaced cannot come back
    if (::rename(file.c_str(), path_.c_str()) == 0) return 0;
    const int error = errno;
    forget();
    return error;
  }
  int remove() {
    holds_ = ::rename(path_.c_str(), kept_.c_str()) == 0;
    return holds_ || errno == ENOENT ? 0 : errno;
  }
  void take_back() {
    if (holds_) ::rename(kept_.c_str(), path_.c_str());
    if (fresh_) ::unlink(path_.c_str());
  }
  void forget() {
    if (holds_) ::unlink(kept_.c_str());
  }

 private:
  fs::path path_, kept_;
  bool holds_ = false, fresh_ = false;
};

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const int descriptor = open_for_reading(path, &size_);
  try {
    if (size_ > 0) memory_ = std::make_unique<MappedMemory>(descriptor, size_, path);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(path_, other.path_);
  return *this;
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
      temporary_(beside(path_, "new")),
      name_(path.string() + (path_ == path ? "" : " (a link to " + path_.string() + ")")) {
  // A rename over a device or a pipe would put a file in its place.
  std::error_code error;
  const fs::file_status found = fs::status(path, error);
  if (fs::exists(found) && !fs::is_regular_file(found)) {
    fail_running(name_ + ": cannot be written (it is " +
                     (fs::is_directory(found) ? "a folder)" : "no regular file)"),
                 "the name of a file, new or to be replaced");
  }
  // Only a process that was killed and had the same number can have left one.
  ::unlink(temporary_.c_str());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    fail_running(name_ + ": cannot be written (" + because(errno) + ")",
                 "a folder that exists and may be written to");
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!named_) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(int error) const {
  fail_running(name_ + ": cannot be written (" + because(error) + ")", {},
               error == ENOSPC || error == EDQUOT
                   ? "Free some space or choose another folder; the file was left as it was."
                   : "The file was left as it was.");
}

void AtomicFile::write(std::string_view text) {
  CW_CHECK(!finished_, "a file that is finished takes no more");
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
      const int error = count < 0 ? errno : ENOSPC;
      buffer_.erase(0, done);
      fail(error);
    }
    done += static_cast<size_t>(count);
  }
  buffer_.clear();
}

void AtomicFile::finish() {
  if (finished_) return;
  check_mapped_files();
  flush();
  if (::fsync(descriptor_) != 0 || ::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  finished_ = true;
  buffer_ = {};  // of many finished files each would keep its megabyte
}

void AtomicFile::commit() {
  finish();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  named_ = true;
  sync_folder(folder_of(path_));
}

void commit_together(const std::vector<AtomicFile*>& files, const std::vector<fs::path>& stale) {
  for (AtomicFile* file : files) file->finish();
  std::vector<Exchange> done;
  try {
    for (AtomicFile* file : files) {
      Exchange exchange(file->path_);
      if (const int error = exchange.replace_by(file->temporary_); error != 0) file->fail(error);
      file->named_ = true;
      done.push_back(std::move(exchange));
    }
    for (const fs::path& path : stale) {
      Exchange exchange(path);
      if (const int error = exchange.remove(); error != 0)
        fail_running(path.string() + ": cannot be removed (" + because(error) + ")");
      done.push_back(std::move(exchange));
    }
  } catch (...) {
    while (!done.empty()) {
      done.back().take_back();
      done.pop_back();
    }
    throw;
  }
  std::set<fs::path> folders;
  for (Exchange& exchange : done) {
    exchange.forget();
    folders.insert(folder_of(exchange.path()));
  }
  for (const fs::path& folder : folders) sync_folder(folder);
}

void write_files(const std::vector<NamedText>& files, const std::vector<fs::path>& stale) {
  std::vector<std::unique_ptr<AtomicFile>> written;
  std::vector<AtomicFile*> all;
  for (const NamedText& file : files) {
    all.push_back(written.emplace_back(std::make_unique<AtomicFile>(file.path)).get());
    all.back()->write(file.contents);
    all.back()->finish();
  }
  commit_together(all, stale);
}

bool is_there(const fs::path& path) {
  std::error_code error, ignored;
  if (fs::exists(fs::status(path, error))) return true;
  const bool link = fs::is_symlink(fs::symlink_status(path, ignored));
  const bool nothing = error == std::errc::no_such_file_or_directory ||
                       error == std::errc::not_a_directory || !error;
  if (nothing && !link) return false;
  fail_input(
      path.string() + (nothing ? ": is a link to " + fs::read_symlink(path, ignored).string() +
                                     ", which is not there"
                               : ": cannot be reached (" + error.message() + ")"),
      "a file or a folder", "Check the path, its links and its permissions.");
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_running(path.string() + ": cannot be made (" + error.message() + ")");
}

void sync_folder(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // one that may be written to and not listed
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems do not sync folders and say that the argument is wrong.
  if (error == EIO || error == ENOSPC || error == EDQUOT)
    fail_running(path.string() + ": what was written there may be lost (" + because(error) + ")");
}

fs::path user_cache_folder() {
  if (const char* chosen = std::getenv("XDG_CACHE_HOME"); chosen != nullptr && *chosen != '\0')
    return fs::path(chosen) / "clipwright";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "clipwright";
  return {};
}

fs::path shared_file(std::string_view name) {
  if (fs::path found = find_shared_file(name); !found.empty()) return found;
  std::string looked;
  for (const fs::path& folder : shared_folders())
    looked += (looked.empty() ? "" : ", ") + folder.string();
  fail_running(std::string(name) + ": this file of the program was not found in " + looked, {},
               "Build with ./run build, or set CLIPWRIGHT_SHARE to the folder that holds it.");
}

}  // namespace clipwright
