// The most memory that tensors held at once, exact to the byte.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace clipwright::tensor {

/// Counts what this thread allocates for tensors on the CPU from now on; what was there before is
/// nothing. Scratch that is no tensor does not count.
class PeakMemory {
 public:
  PeakMemory() : counter_(std::make_shared<Counter>()), guard_(kPlace, counter_) {}

  /// The most bytes at once so far.
  int64_t bytes() const { return counter_->most; }

 private:
  static constexpr c10::DebugInfoKind kPlace = c10::DebugInfoKind::PROFILER_STATE;

  struct Counter final : c10::MemoryReportingInfoBase {
    int64_t now = 0, most = 0;
    void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device device) override {
      if (!device.is_cpu()) return;
      now += bytes;
      most = std::max(most, now);
    }
    bool memoryProfilingEnabled() const override { return true; }
  };

  std::shared_ptr<Counter> counter_;
  c10::DebugInfoGuard guard_;
};

}  // namespace clipwright::tensor
