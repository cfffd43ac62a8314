#include "rewrite/openai/circuit_breaker.h"

#include <algorithm>

namespace clipwright::rewrite::openai {

void CircuitBreaker::open(Time now) {
  constexpr int kMostDoublings = 16;
  const auto pause = options_.first_probe * (1 << std::min(openings_, kMostDoublings));
  state_ = State::kOpen;
  ++openings_;
  probe_at_ = now + std::min<std::chrono::milliseconds>(pause, options_.longest_probe);
}

void CircuitBreaker::failed(Time now) {
  ++failures_;
  if (state_ == State::kTrial || (state_ == State::kClosed && failures_ >= options_.failures))
    open(now);
}

void CircuitBreaker::answered() {
  state_ = State::kClosed;
  failures_ = openings_ = 0;
}

void CircuitBreaker::probed(bool healthy, Time now) {
  if (state_ != State::kOpen) return;
  if (healthy) {
    state_ = State::kTrial;
  } else {
    open(now);
  }
}

}  // namespace clipwright::rewrite::openai
