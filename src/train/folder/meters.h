// What a run remembers about its steps: kept in checkpoints, so that a resumed run reports as if it
// had never stopped.
#pragma once

#include <cstdint>
#include <deque>

#include "core/json.h"

namespace clipwright::train::folder {

class Meters {
 public:
  /// Takes in one step's loss. Returns its distance from the running mean in running standard
  /// deviations (0 while there are too few).
  double add_loss(double loss);
  void add_time(double seconds) { seconds_ += seconds; }

  /// Mean of the last 50 losses.
  double recent_loss() const;
  double seconds() const { return seconds_; }

  Json to_json() const;
  /// Throws Error(kInput) naming `where` when fields are missing.
  static Meters from_json(const Json& json, std::string_view where);

 private:
  std::deque<double> recent_;
  double mean_ = 0, variance_ = 0, seconds_ = 0;
  int64_t losses_ = 0;
};

}  // namespace clipwright::train::folder
