#include "text/bpe/word_memory.h"

#include <algorithm>

namespace clipwright::text::bpe {

void WordMemory::remember(const ShortWord& word, std::span<const Symbol> tokens) {
  if (tokens.size() > kMostTokens) return;
  const size_t start = word.hash() >> (64 - kSlotBits);
  for (size_t probe = 0; probe < kProbes; ++probe) {
    Slot& slot = slots_[(start + probe) & (kSlots - 1)];
    State free = State::kFree;
    if (slot.state.compare_exchange_strong(free, State::kBeingFilled, std::memory_order_acquire)) {
      slot.word = word;
      std::copy(tokens.begin(), tokens.end(), slot.tokens.begin());
      slot.count = static_cast<uint8_t>(tokens.size());
      slot.state.store(State::kFilled, std::memory_order_release);
      return;
    }
    // Another thread may be filling this slot with the very same word; a second copy behind it does
    // no harm.
  }
}

}  // namespace clipwright::text::bpe
