// Time as engines see it: it only moves forward, whatever happens to the wall clock. Tests put in a
// clock whose pauses cost nothing.
#pragma once

#include <chrono>
#include <thread>

namespace clipwright::rewrite::engine {

class MonotonicClock {
 public:
  using Duration = std::chrono::nanoseconds;
  using Time = std::chrono::steady_clock::time_point;

  virtual ~MonotonicClock() = default;
  virtual Time now() const { return std::chrono::steady_clock::now(); }
  virtual void pause(Duration duration) { std::this_thread::sleep_for(duration); }
};

}  // namespace clipwright::rewrite::engine
