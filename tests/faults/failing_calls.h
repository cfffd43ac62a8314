// Calls of the system that fail when a test says so (failing_calls.cc).
#pragma once

#include <cstdint>
#include <string>

namespace clipwright {

/// From now on, and until the object goes, calls of this process on files fail as `fault` says
/// (failing_calls.cc has the words). One at a time.
class FailingCalls {
 public:
  explicit FailingCalls(const std::string& fault);
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;
  ~FailingCalls();
  /// Calls that the fault was for, and how many of them failed.
  int64_t seen() const;
  int64_t failed() const;
};

}  // namespace clipwright
