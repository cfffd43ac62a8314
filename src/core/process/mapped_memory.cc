#include "core/process/mapped_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

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
  watch_bus_errors();
  const bool again = !book().free.empty();
  if (again) {
    place_ = book().free.back();
    book().free.pop_back();
  } else {
    place_ = new Place;
    place_->next = first_place.load(std::memory_order_relaxed);
  }
  place_->path = path;
  place_->size = size;
  place_->shrunk.store(false, std::memory_order_relaxed);
  const auto begin = reinterpret_cast<uintptr_t>(mapping);
  place_->begin.store(begin, std::memory_order_relaxed);
  place_->end.store((begin + size + kPage - 1) / kPage * kPage, std::memory_order_release);
  if (!again) first_place.store(place_, std::memory_order_release);
}

MappedMemory::~MappedMemory() {
  const std::lock_guard lock(book().mutex);
  place_->begin.store(UINTPTR_MAX, std::memory_order_release);
  place_->end.store(0, std::memory_order_release);
  ::munmap(const_cast<std::byte*>(data_), size_);
  if (place_->shrunk.load(std::memory_order_relaxed))
    book().shrunk.emplace_back(place_->path, place_->size);
  book().free.push_back(place_);
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
