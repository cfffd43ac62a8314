// The seam at which writing to files fails: what changes files is called by name in the C library,
// so a test's own functions of these names stand before it, for this program's code and for every
// library below it alike (SQLite, llama.cpp, Arrow, the standard library). Linked into a test, or
// loaded into a program before its libraries (LD_PRELOAD).
//
//   FAILING_CALLS_FAULT="CALL KIND FIRST PATTERN"
//     CALL     write, sync, close, open (to write), rename, link, mkdir, truncate
//     KIND     full: from the FIRST such call on the disk is full
//              half: the FIRST writes half of what it should, those after it nothing
//              part: the FIRST writes half of what it should, those after it are as ever
//              broken: the FIRST fails with an error of the device
//              denied: the FIRST is not permitted
//     PATTERN  of shells, for the whole path; only calls on such files are counted
//   FAILING_CALLS_LOG=FILE gets a line for each call on a file of FAILING_CALLS_WATCH (a
//     pattern too): the call, whether it failed, and the path, with tabs between
#include "tests/faults/failing_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace {

struct Fault {
  std::string call, kind, pattern;
  int64_t first = 0;
};
std::atomic<const Fault*> armed = nullptr;
std::atomic<int64_t> seen = 0, failed = 0;
int calls_file = -1;
const char* watched = nullptr;

const Fault* parse(const char* words) {
  auto* fault = new Fault;
  std::istringstream in(words);
  in >> fault->call >> fault->kind >> fault->first >> std::ws;
  std::getline(in, fault->pattern);
  return fault;
}

__attribute__((constructor)) void read_environment() {
  if (const char* words = std::getenv("FAILING_CALLS_FAULT")) armed = parse(words);
  const char* calls = std::getenv("FAILING_CALLS_LOG");
  const char* pattern = std::getenv("FAILING_CALLS_WATCH");
  if (calls == nullptr || pattern == nullptr) return;
  watched = pattern;
  const auto file = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, calls, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  constexpr int kOutOfTheWay = 900;
  calls_file = ::fcntl(file, F_DUPFD_CLOEXEC, kOutOfTheWay);
  ::syscall(SYS_close, file);
}

bool idle() { return armed.load() == nullptr && calls_file < 0; }

/// What becomes of a call.
enum class Fate { kAsEver, kFails, kHalf };

Fate judge(const Fault& fault, const char* call, const char* path, size_t size) {
  if (fault.call != call || ::fnmatch(fault.pattern.c_str(), path, 0) != 0) return Fate::kAsEver;
  const int64_t at = ++seen;
  const bool once = fault.kind == "broken" || fault.kind == "denied" || fault.kind == "part";
  if (at < fault.first || (once && at > fault.first)) return Fate::kAsEver;
  const bool divided = fault.kind == "part" || (fault.kind == "half" && at == fault.first);
  if (divided && size < 2 && fault.kind == "part") return Fate::kAsEver;
  ++failed;
  if (divided && size >= 2) return Fate::kHalf;
  errno = fault.kind == "broken" ? EIO : fault.kind == "denied" ? EACCES : ENOSPC;
  return Fate::kFails;
}

Fate fate_of(const char* call, const char* path, size_t size = 2) {
  const Fault* fault = armed;
  const Fate fate = fault == nullptr ? Fate::kAsEver : judge(*fault, call, path, size);
  if (calls_file >= 0 && ::fnmatch(watched, path, 0) == 0) {
    char line[PATH_MAX + 64];
    const int error = errno;
    const int size = std::snprintf(line, sizeof line, "%s\t%s\t%s\n", call,
                                   fate == Fate::kAsEver ? "done" : "failed", path);
    ::syscall(SYS_write, calls_file, line, size);
    errno = error;
  }
  return fate;
}

Fate fate_of(const char* call, int descriptor, size_t size = 2) {
  if (idle()) return Fate::kAsEver;
  char link[64], path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const int error = errno;
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  errno = error;
  if (length <= 0 || path[0] != '/') return Fate::kAsEver;  // a pipe, a socket
  path[length] = '\0';
  return fate_of(call, path, size);
}

Fate fate_of_name(const char* call, const char* path) {
  if (idle() || path == nullptr) return Fate::kAsEver;
  if (path[0] == '/') return fate_of(call, path);
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) == nullptr) return Fate::kAsEver;
  return fate_of(call, (std::string(here) + "/" + path).c_str());
}

bool writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0; }

int open_at(int folder, const char* path, int flags, mode_t mode) {
  if (writes(flags) && folder == AT_FDCWD && fate_of_name("open", path) != Fate::kAsEver) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

mode_t mode_of(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

namespace clipwright {

FailingCalls::FailingCalls(const std::string& fault) {
  ::seen = ::failed = 0;
  armed = parse(fault.c_str());
}
FailingCalls::~FailingCalls() { delete armed.exchange(nullptr); }
int64_t FailingCalls::seen() const { return ::seen; }
int64_t FailingCalls::failed() const { return ::failed; }

}  // namespace clipwright

extern "C" {

// NOLINTBEGIN(readability-identifier-naming,cert-dcl50-cpp): functions of the C library
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_at(folder, path, flags, mode);
}
int mkostemp(char* pattern, int flags) {
  static const auto real = next<int (*)(char*, int)>("mkostemp");
  if (fate_of_name("open", pattern) != Fate::kAsEver) return -1;
  return real(pattern, flags);
}
FILE* fopen(const char* path, const char* mode) {
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen");
  if (std::strpbrk(mode, "wa+") != nullptr && fate_of_name("open", path) != Fate::kAsEver)
    return nullptr;
  return real(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen64");
  if (std::strpbrk(mode, "wa+") != nullptr && fate_of_name("open", path) != Fate::kAsEver)
    return nullptr;
  return real(path, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  const Fate fate = fate_of("write", file, size);
  if (fate == Fate::kFails) return -1;
  return ::syscall(SYS_write, file, bytes, fate == Fate::kHalf ? size / 2 : size);
}
ssize_t writev(int file, const iovec* parts, int count) {
  const Fate fate = fate_of("write", file, count > 0 ? parts[0].iov_len : 0);
  if (fate == Fate::kFails) return -1;
  if (fate == Fate::kHalf)
    return ::syscall(SYS_write, file, parts[0].iov_base, parts[0].iov_len / 2);
  return ::syscall(SYS_writev, file, parts, count);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  const Fate fate = fate_of("write", file, size);
  if (fate == Fate::kFails) return -1;
  return ::syscall(SYS_pwrite64, file, bytes, fate == Fate::kHalf ? size / 2 : size, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  return pwrite(file, bytes, size, at);
}
size_t fwrite(const void* bytes, size_t size, size_t count, FILE* file) {
  static const auto real = next<size_t (*)(const void*, size_t, size_t, FILE*)>("fwrite");
  if (!idle() && fate_of("write", ::fileno(file)) != Fate::kAsEver) return 0;
  return real(bytes, size, count, file);
}

int fsync(int file) {
  return fate_of("sync", file) == Fate::kAsEver ? static_cast<int>(::syscall(SYS_fsync, file)) : -1;
}
int fdatasync(int file) {
  return fate_of("sync", file) == Fate::kAsEver ? static_cast<int>(::syscall(SYS_fdatasync, file))
                                                : -1;
}
int close(int file) {
  const Fate fate = fate_of("close", file);
  const int error = errno;
  const auto code = static_cast<int>(::syscall(SYS_close, file));  // gone in either case
  if (fate == Fate::kAsEver) return code;
  errno = error;
  return -1;
}
int ftruncate(int file, off_t size) noexcept {
  return fate_of("truncate", file) == Fate::kAsEver
             ? static_cast<int>(::syscall(SYS_ftruncate, file, size))
             : -1;
}
int ftruncate64(int file, off64_t size) noexcept { return ftruncate(file, size); }

int rename(const char* from, const char* to) noexcept {
  if (fate_of_name("rename", to) != Fate::kAsEver) return -1;
  return static_cast<int>(::syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}
int link(const char* from, const char* to) noexcept {
  if (fate_of_name("link", to) != Fate::kAsEver) return -1;
  return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int mkdir(const char* path, mode_t mode) noexcept {
  if (fate_of_name("mkdir", path) != Fate::kAsEver) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}
// NOLINTEND(readability-identifier-naming,cert-dcl50-cpp)

}  // extern "C"
