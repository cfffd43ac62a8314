// How many requests a server gets at once: more while it answers well, half when it pushes back.
#pragma once

#include <cstdint>

namespace clipwright::rewrite::openai {

/// Additive increase, multiplicative decrease, with a quick start. Requests carry the number of the
/// decrease they were sent after, so that the many refusals of one overload halve the limit once.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(int most);

  int now() const { return static_cast<int>(limit_); }
  uint64_t round() const { return round_; }
  /// An answer took `seconds`. The limit stops growing while answers take several times as long as
  /// they did at best: more in flight would only wait in the server's queue.
  void answered(double seconds);
  /// A request sent in `round` was refused for load.
  void pushed_back(uint64_t round);
  /// The server is back after a failure: begin with one.
  void restart();

 private:
  const double most_;
  double limit_;
  bool quick_ = true;
  uint64_t round_ = 0;
  int answers_ = 0;
  double usual_ = 0, best_ = 0;  ///< seconds an answer: moving average, and its minimum
};

}  // namespace clipwright::rewrite::openai
