// How fast an engine answered a sample, and how evenly.
#pragma once

#include <cstdint>
#include <vector>

namespace clipwright::rewrite::job {

/// A guess and the half width of its 90 % interval.
struct Estimate {
  double value = 0, margin = 0;
};

class SamplePace {
 public:
  /// A reply that came `end` seconds after the start, `service` seconds after the engine began on
  /// it (0 when it does not say: then since the reply before), for `work` in any unit. In the order
  /// of their ends.
  void add(double end, double service, double work);
  /// Seconds for `work` at this pace with as many requests at once, and the half width of its 95 %
  /// interval. Both are 0 without replies; of a single one nothing is known but its time.
  Estimate time_of(double work) const;

 private:
  struct Answer {
    double begin, end, work;
  };
  struct Stretch {
    double seconds = 0, work = 0;
  };
  double at_once(double from, double to) const;
  Stretch stretch(size_t from, size_t to, double last_begin) const;

  std::vector<Answer> answers_;
  double busy_ = 0;  ///< seconds of service, each reply's for itself
};

}  // namespace clipwright::rewrite::job
