#include "audit/diversity/distinct_sample.h"

#include <utility>

namespace clipwright::audit::diversity {

bool DistinctSample::insert(uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
    if (slots_[at] != 0) continue;
    slots_[at] = hash;
    ++size_;
    return true;
  }
}

void DistinctSample::rebuild(size_t slots) {
  const std::vector<uint64_t> old = std::exchange(slots_, std::vector<uint64_t>(slots));
  size_ = 0;
  for (const uint64_t hash : old) {
    if (hash != 0 && hash <= bound_) insert(hash);
  }
}

void DistinctSample::add(uint64_t hash) {
  hash |= hash == 0;
  if (hash > bound_ || !insert(hash)) return;
  if (2 * size_ > slots_.size()) rebuild(2 * slots_.size());
  while (size_ > capacity_) {
    ++level_;
    bound_ >>= 1;
    rebuild(slots_.size());
  }
}

void DistinctSample::merge(const DistinctSample& other) {
  while (level_ < other.level_) {
    ++level_;
    bound_ >>= 1;
  }
  rebuild(slots_.size());
  for (const uint64_t hash : other.slots_) {
    if (hash != 0) add(hash);
  }
}

}  // namespace clipwright::audit::diversity
