// The byte-pair vocabulary: symbols, and which two of them merge into which.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::text::bpe {

/// A symbol is a run of bytes, perhaps at the end of a word. Its number is its token id; all ids
/// fit 16 bits.
using Symbol = uint16_t;
constexpr Symbol kNoSymbol = 0xFFFF;
constexpr int kFirstMerge =
    512;  ///< 256 bytes, 256 bytes that end a word, then the merges in the order they apply

class Vocabulary {
 public:
  /// Reads bpe_simple_vocab_16e6.txt.gz. Throws Error(kInput) when it is not that file.
  explicit Vocabulary(const std::filesystem::path& path);

  Symbol byte_symbol(uint8_t byte) const { return byte_symbols_[byte]; }
  /// The same byte at the end of a word.
  static Symbol at_word_end(Symbol byte_symbol) { return static_cast<Symbol>(byte_symbol + 256); }

  /// What the pair merges into, or kNoSymbol. The smaller of two results was learned earlier and
  /// applies first.
  Symbol merged(Symbol left, Symbol right) const {
    const uint32_t key = pair_key(left, right);
    for (size_t slot = slot_of(key);; slot = (slot + 1) & (kSlots - 1)) {
      if (pairs_[slot].result == kNoSymbol || pairs_[slot].key == key) return pairs_[slot].result;
    }
  }

  /// The bytes a symbol stands for, and whether it ends a word.
  std::string_view bytes_of(Symbol symbol) const { return symbols_[symbol].bytes; }
  bool ends_word(Symbol symbol) const { return symbols_[symbol].ends_word; }
  /// As the vocabulary's file writes it: a printable character a byte, and "</w>" at a word's end.
  std::string name_of(Symbol symbol) const;
  size_t size() const { return symbols_.size(); }

 private:
  struct SymbolText {
    std::string bytes;
    bool ends_word = false;
  };
  struct Pair {
    uint32_t key = 0;
    Symbol result = kNoSymbol;
  };
  static constexpr int kSlotBits = 17;
  static constexpr size_t kSlots = size_t{1} << kSlotBits;

  static uint32_t pair_key(Symbol left, Symbol right) {
    return static_cast<uint32_t>(left) << 16 | right;
  }
  static size_t slot_of(uint32_t key) { return key * 0x9E3779B1U >> (32 - kSlotBits); }
  void add_pair(Symbol left, Symbol right, Symbol result);

  std::array<Symbol, 256> byte_symbols_{};
  std::vector<SymbolText> symbols_;
  std::vector<Pair> pairs_;
};

}  // namespace clipwright::text::bpe
