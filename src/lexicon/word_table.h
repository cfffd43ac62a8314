// 64-bit word hashes to numbers, open addressing: one probe, mostly one cache line.
#pragma once

#include <cstdint>
#include <vector>

namespace clipwright::lexicon {

class WordTable {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  explicit WordTable(size_t expected = 16) { resize(expected); }

  uint32_t find(uint64_t hash) const {
    hash |= hash == 0;
    for (size_t at = place(hash);; at = (at + 1) & mask_) {
      if (keys_[at] == hash) return values_[at];
      if (keys_[at] == 0) return kAbsent;
    }
  }

  /// Adds the word unless it is there; the number it has afterwards.
  uint32_t insert(uint64_t hash, uint32_t value) {
    hash |= hash == 0;
    if (2 * (size_ + 1) > keys_.size()) grow();
    size_t at = place(hash);
    for (; keys_[at] != 0; at = (at + 1) & mask_) {
      if (keys_[at] == hash) return values_[at];
    }
    keys_[at] = hash;
    values_[at] = value;
    ++size_;
    return value;
  }

  size_t size() const { return size_; }

 private:
  size_t place(uint64_t hash) const { return (hash * 0x9e3779b97f4a7c15ULL >> 32) & mask_; }

  void resize(size_t expected) {
    size_t slots = 16;
    while (slots < 2 * expected) slots *= 2;
    keys_.assign(slots, 0);
    values_.assign(slots, 0);
    mask_ = slots - 1;
    size_ = 0;
  }

  void grow() {
    std::vector<uint64_t> keys = std::move(keys_);
    std::vector<uint32_t> values = std::move(values_);
    resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] != 0) insert(keys[i], values[i]);
    }
  }

  std::vector<uint64_t> keys_;
  std::vector<uint32_t> values_;
  size_t mask_ = 0, size_ = 0;
};

}  // namespace clipwright::lexicon
