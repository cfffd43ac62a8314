// Keeps an engine from hammering a server that is down: after several failures in a row nothing is
// sent but a health probe now and then; when the probe succeeds one request goes first, and its
// answer lets the others follow.
#pragma once

#include <chrono>

#include "rewrite/engine/monotonic_clock.h"

namespace clipwright::rewrite::openai {

struct BreakerOptions {
  int failures = 5;                              ///< in a row
  std::chrono::milliseconds first_probe{1'000};  ///< after opening, then doubling
  std::chrono::milliseconds longest_probe{30'000};
};

class CircuitBreaker {
 public:
  using Time = engine::MonotonicClock::Time;
  enum class State {
    kClosed,  ///< all is well
    kOpen,    ///< only probes
    kTrial,   ///< one request at a time
  };

  explicit CircuitBreaker(const BreakerOptions& options) : options_(options) {}

  State state() const { return state_; }
  /// When the next probe is due; meaningful while open.
  Time probe_at() const { return probe_at_; }
  void failed(Time now);
  void answered();
  void probed(bool healthy, Time now);

 private:
  void open(Time now);
  BreakerOptions options_;
  State state_ = State::kClosed;
  int failures_ = 0, openings_ = 0;
  Time probe_at_{};
};

}  // namespace clipwright::rewrite::openai
