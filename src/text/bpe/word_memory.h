// Encodings of words of several tokens, remembered the first time they are met.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "text/bpe/single_token_words.h"
#include "text/bpe/vocabulary.h"

namespace clipwright::text::bpe {

/// Shared by all threads without a lock: a slot is filled once and never changes again, so that the
/// frequent words, which come first, stay. Words that find no free slot are simply encoded again.
class WordMemory {
 public:
  WordMemory() : slots_(std::make_unique<Slot[]>(kSlots)) {}

  /// The word's tokens; empty when it has not been remembered.
  std::span<const Symbol> find(const ShortWord& word) const {
    const size_t start = word.hash() >> (64 - kSlotBits);
    for (size_t probe = 0; probe < kProbes; ++probe) {
      const Slot& slot = slots_[(start + probe) & (kSlots - 1)];
      if (slot.state.load(std::memory_order_acquire) != State::kFilled) return {};
      if (slot.word == word) return {slot.tokens.data(), slot.count};
    }
    return {};
  }

  /// Remembers the word if there is room.
  void remember(const ShortWord& word, std::span<const Symbol> tokens);

 private:
  enum class State : uint8_t { kFree, kBeingFilled, kFilled };
  static constexpr size_t kMostTokens = 6;
  struct Slot {
    ShortWord word;
    std::array<Symbol, kMostTokens> tokens;
    uint8_t count;
    std::atomic<State> state{State::kFree};
  };
  static constexpr int kSlotBits = 15;
  static constexpr size_t kSlots = size_t{1} << kSlotBits, kProbes = 4;

  std::unique_ptr<Slot[]> slots_;
};

}  // namespace clipwright::text::bpe
