// A wall clock of a program's own that a test sets while the program runs (jumping_clock.cc).
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace clipwright {

class JumpingClock {
 public:
  static constexpr int64_t kYear = 365 * 86'400;

  explicit JumpingClock(std::string file) : file_(std::move(file)) {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(int64_t)) != 0)
      throw std::runtime_error(file_);
    void* page =
        ::mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (page == MAP_FAILED) throw std::runtime_error(file_);
    seconds_ = static_cast<volatile int64_t*>(page);
  }
  JumpingClock(const JumpingClock&) = delete;
  JumpingClock& operator=(const JumpingClock&) = delete;
  ~JumpingClock() {
    jumping_ = false;
    if (jumper_.joinable()) jumper_.join();
    ::munmap(const_cast<int64_t*>(seconds_), sizeof(int64_t));
  }

  /// In a child, before it starts the program.
  void wear() const {
    ::setenv("LD_PRELOAD", CLIPWRIGHT_JUMPING_CLOCK, 1);
    ::setenv("CLIPWRIGHT_TEST_CLOCK", file_.c_str(), 1);
  }
  /// The clock is off by this from now on.
  void set(int64_t seconds) { *seconds_ = seconds; }
  /// It jumps every few milliseconds, years forward and back, until the end.
  void keep_jumping() {
    jumper_ = std::thread([this] {
      constexpr std::array<int64_t, 6> kOffsets = {3600,   -3600,      86'400,
                                                   -86400, 10 * kYear, -10 * kYear};
      for (size_t i = 0; jumping_; ++i) {
        set(kOffsets[i % kOffsets.size()]);
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
      }
    });
  }

 private:
  std::string file_;
  volatile int64_t* seconds_ = nullptr;
  std::atomic<bool> jumping_ = true;
  std::thread jumper_;
};

}  // namespace clipwright
