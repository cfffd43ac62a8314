#include "core/process/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "core/error.h"

namespace clipwright {
namespace {

// Signals that come together are one wish: a parent's death sends one for each of its threads.
constexpr int64_t kTogether = 500'000'000;  // ns

volatile std::sig_atomic_t signal_seen = 0;
std::atomic<int64_t> first_seen{0};

int64_t nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// The first asks; one that comes later ends the program at once.
void on_signal(int number) {
  const int64_t now = nanoseconds();
  if (signal_seen == 0) {
    first_seen = now;
    signal_seen = 1;
  } else if (now - first_seen > kTogether) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

}  // namespace

void watch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() { return signal_seen != 0; }

void stop_if_interrupted() {
  if (interrupted())
    throw Error(ExitCode::kInterrupted, "interrupted; what was not finished is not written");
}

}  // namespace clipwright
