// The words that are one token, found by their bytes without touching the merge rules.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "text/bpe/vocabulary.h"

namespace clipwright::text::bpe {

/// Up to 16 bytes of a word as two integers, zeros behind.
struct ShortWord {
  static constexpr size_t kLongest = 16;
  uint64_t low = 0, high = 0;
  bool operator==(const ShortWord&) const = default;

  /// `bytes` must be readable for kLongest bytes; `length` of them are the word.
  static ShortWord load(const char* bytes, size_t length) {
    ShortWord word;
    std::memcpy(&word.low, bytes, 8);
    std::memcpy(&word.high, bytes + 8, 8);
    if (length <= 8) {
      word.high = 0;
      word.low &= ~uint64_t{0} >> (64 - 8 * length);
    } else {
      word.high &= ~uint64_t{0} >> (128 - 8 * length);
    }
    return word;
  }
  uint64_t hash() const { return (low ^ (high * 0xC2B2AE3D27D4EB4FULL)) * 0x9E3779B97F4A7C15ULL; }
};

/// Open addressing, built once and then only read, so it needs no lock.
class SingleTokenWords {
 public:
  explicit SingleTokenWords(const Vocabulary& vocabulary);

  /// The word's token, or kNoSymbol when it takes several.
  Symbol find(const ShortWord& word) const {
    for (size_t slot = word.hash() >> (64 - kSlotBits);; slot = (slot + 1) & (kSlots - 1)) {
      if (entries_[slot].token == kNoSymbol || entries_[slot].word == word)
        return entries_[slot].token;
    }
  }

 private:
  struct Entry {
    ShortWord word;
    Symbol token = kNoSymbol;
  };
  static constexpr int kSlotBits = 16;
  static constexpr size_t kSlots = size_t{1} << kSlotBits;
  std::vector<Entry> entries_;
};

}  // namespace clipwright::text::bpe
