// How many distinct things a stream holds, in bounded memory: Wegman's adaptive sampling (Flajolet
// 1990).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clipwright::audit::diversity {

/// Keeps the hashes below a bound and halves the bound whenever they are too many: the kept ones
/// stand for 2^level times as many. Exact up to `capacity` distinct hashes, then with a relative
/// error of about 1.2 / sqrt(capacity). The result does not depend on order; 16 bytes a kept hash.
class DistinctSample {
 public:
  explicit DistinctSample(size_t capacity = size_t{1} << 18) : capacity_(capacity) {}
  /// Hashes must be well mixed: the top bits choose the sample, the low ones the slot.
  void add(uint64_t hash);
  void merge(const DistinctSample& other);
  /// Distinct hashes seen.
  int64_t count() const { return static_cast<int64_t>(size_) << level_; }
  bool exact() const { return level_ == 0; }

 private:
  bool insert(uint64_t hash);
  void rebuild(size_t slots);
  std::vector<uint64_t> slots_ = std::vector<uint64_t>(64);  ///< 0: free
  size_t capacity_, size_ = 0;
  int level_ = 0;
  uint64_t bound_ = UINT64_MAX;
};

}  // namespace clipwright::audit::diversity
