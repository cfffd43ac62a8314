// Ends a run whose model thinks and comes to no answer: what it costs is paid for in vain.
#pragma once

#include <cstdint>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

/// How a reply that is only a thought stands in counts and in the ledger.
constexpr const char* kThoughtStatus = "failed:thought";

class ThoughtWatch {
 public:
  explicit ThoughtWatch(const Engine& engine) : engine_(engine) {}
  /// Some reply held an answer: from here on thoughts that do not end are told with the counts.
  void answered() { any_answer_ = true; }
  /// A reply was only a thought. Throws Error(kFailed), which says how the model is kept from
  /// thinking, at the twelfth of them when no reply held an answer.
  void thought();

 private:
  const Engine& engine_;
  int64_t thoughts_ = 0;
  bool any_answer_ = false;
};

}  // namespace clipwright::rewrite::engine
