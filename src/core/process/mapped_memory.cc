#include "core/process/mapped_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/process/guarded_mappings.h"

namespace clipwright {

/// What the handler has to know of a mapping. Never freed but used again, because the handler may
/// look at it at any time.
struct MappedMemory::Place {
  std::atomic<uintptr_t> begin{UINTPTR_MAX}, end{0};  // as here: free
  std::atomic<bool> shrunk{false};
  Place* next = nullptr;  // set before the place is in the list, and never again
  std::filesystem::path path;
  size_t size = 0;
};

namespace {

using Place = MappedMemory::Place;

constexpr uintptr_t kPage = 4096;

std::atomic<Place*> first_place{nullptr};
std::atomic<bool> any_shrunk{false};
struct sigaction handler_before {};

/// What only ordinary code looks at; it outlives every mapping, whatever the order in which objects
/// go.
struct Book {
  std::mutex mutex;
  std::vector<Place*> free;
  // Files whose mappings are gone, with what was mapped of them, until they are told.
  std::vector<std::pair<std::filesystem::path, size_t>> shrunk;
};
Book& book() {
  static auto* one = new Book;
  return *one;
}

/// May use nothing that allocates or locks. mmap is a bare system call.
void on_bus_error(int number, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  // The kernel's code for an address that lies in a mapping but behind the end of its file.
  if (info->si_code == BUS_ADRERR) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    for (Place* place = first_place.load(std::memory_order_acquire); place != nullptr;
         place = place->next) {
      // The place may be given away and taken again meanwhile: both numbers must be of one mapping.
      const uintptr_t begin = place->begin.load(std::memory_order_acquire);
      const uintptr_t end = place->end.load(std::memory_order_acquire);
      if (address < begin || address >= end) continue;
      if (place->begin.load(std::memory_order_acquire) != begin) continue;
      const uintptr_t page = address / kPage * kPage;
      if (::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        break;
      place->shrunk.store(true, std::memory_order_release);
      any_shrunk.store(true, std::memory_order_release);
      errno = error;
      return;
    }
  }
  // None of ours: the handler before answers when the instruction faults again, or at once where
  // somebody sent the signal.
  ::sigaction(SIGBUS, &handler_before, nullptr);
  if (info->si_code <= 0) ::raise(number);
  errno = error;
}

/// Call with the book held. Whoever took the signal since then stays behind this handler.
void watch_bus_errors() {
  struct sigaction now {};
  ::sigaction(SIGBUS, nullptr, &now);
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error) return;
  handler_before = now;
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGBUS, &action, nullptr);
}

/// The handler's notes of a mapping of `path`, whose size was `size`. Call with the book held.
Place* take_place(const std::filesystem::path& path, size_t size, uintptr_t begin, size_t length) {
  watch_bus_errors();
  Place* place = nullptr;
  const bool again = !book().free.empty();
  if (again) {
    place = book().free.back();
    book().free.pop_back();
  } else {
    place = new Place;
    place->next = first_place.load(std::memory_order_relaxed);
  }
  place->path = path;
  place->size = size;
  place->shrunk.store(false, std::memory_order_relaxed);
  place->begin.store(begin, std::memory_order_relaxed);
  place->end.store((begin + length + kPage - 1) / kPage * kPage, std::memory_order_release);
  if (!again) first_place.store(place, std::memory_order_release);
  return place;
}

/// From here on the handler has no business there. Call with the book held.
void retire(Place* place) {
  place->begin.store(UINTPTR_MAX, std::memory_order_release);
  place->end.store(0, std::memory_order_release);
}

/// For the next mapping. Call with the book held.
void give_back(Place* place) {
  if (place->shrunk.load(std::memory_order_relaxed))
    book().shrunk.emplace_back(place->path, place->size);
  book().free.push_back(place);
}

/// The signal says the same when a disk does not deliver: the file's size tells which it was.
[[noreturn]] void refuse(const std::filesystem::path& path, size_t size) {
  const std::string name = path.string();
  std::error_code error;
  const uintmax_t now = std::filesystem::file_size(path, error);
  if (!error && now >= size) {
    fail_input(name + ": could not be read to its end; its disk did not deliver it", {},
               "Nothing that was made of it is kept. Look at the disk or the network it is on, and "
               "run this again.");
  }
  fail_input(name + ": became shorter while it was read", "files that stay as they are",
             "Nothing that was made of it is kept. Write new versions under other names, and run "
             "this again.");
}

}  // namespace

MappedMemory::MappedMemory(int descriptor, size_t size, const std::filesystem::path& path)
    : size_(size) {
  void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapping == MAP_FAILED) {
    fail_running(path.string() + ": cannot be mapped into memory (" + std::strerror(errno) + ")");
  }
  data_ = static_cast<const std::byte*>(mapping);
  const std::lock_guard lock(book().mutex);
  place_ = take_place(path, size, reinterpret_cast<uintptr_t>(mapping), size);
}

MappedMemory::~MappedMemory() {
  const std::lock_guard lock(book().mutex);
  retire(place_);
  ::munmap(const_cast<std::byte*>(data_), size_);
  give_back(place_);
}

GuardedMappings::GuardedMappings(const std::filesystem::path& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return;
  const std::lock_guard lock(book().mutex);
  std::ifstream maps("/proc/self/maps");
  // "begin-end rights offset major:minor number path", the numbers in hexadecimal but for the
  // file's
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    unsigned major_number = 0, minor_number = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*s %*s %x:%x %lu", &begin, &end,
                    &major_number, &minor_number, &inode) != 5)
      continue;
    if (inode != file.st_ino || makedev(major_number, minor_number) != file.st_dev) continue;
    places_.push_back(take_place(path, static_cast<size_t>(file.st_size), begin, end - begin));
  }
}

GuardedMappings::~GuardedMappings() {
  const std::lock_guard lock(book().mutex);
  for (Place* place : places_) {
    retire(place);
    give_back(place);
  }
}

void MappedMemory::check(size_t offset, size_t size) const {
  const size_t end = std::min(size_, offset + std::min(size, size_));
  for (size_t at = offset; at < end; at += kPage - (at % kPage)) {
    [[maybe_unused]] const auto touched = *static_cast<const volatile std::byte*>(data_ + at);
  }
  if (place_->shrunk.load(std::memory_order_acquire)) refuse(place_->path, place_->size);
}

void check_mapped_files() {
  if (!any_shrunk.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(book().mutex);
  if (!book().shrunk.empty()) {
    const auto [path, size] = book().shrunk.front();
    book().shrunk.clear();
    refuse(path, size);
  }
  for (const Place* place = first_place.load(); place != nullptr; place = place->next) {
    if (place->end.load() != 0 && place->shrunk.load()) refuse(place->path, place->size);
  }
}

}  // namespace clipwright
