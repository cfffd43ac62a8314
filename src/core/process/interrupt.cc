#include "core/process/interrupt.h"

#include <csignal>

#include "core/error.h"

namespace clipwright {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

void on_signal(int number) {
  signal_seen = 1;
  std::signal(number, SIG_DFL);
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
