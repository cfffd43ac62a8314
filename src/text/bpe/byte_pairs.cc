#include "text/bpe/byte_pairs.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>

namespace clipwright::text::bpe {
namespace {

constexpr size_t kShortWord = 48;

/// Merges in place and returns the new length. Quadratic, but with the smallest possible constant.
size_t merge_short(const Vocabulary& vocabulary, Symbol* symbols, size_t count) {
  std::array<Symbol, kShortWord> results;  // what symbols i and i + 1 would merge into
  for (size_t i = 0; i + 1 < count; ++i) results[i] = vocabulary.merged(symbols[i], symbols[i + 1]);
  while (count > 1) {
    const Symbol* first = std::min_element(results.data(), results.data() + count - 1);
    if (*first == kNoSymbol) break;
    const auto i = static_cast<size_t>(first - results.data());
    symbols[i] = *first;
    std::copy(symbols + i + 2, symbols + count, symbols + i + 1);
    std::copy(results.data() + i + 1, results.data() + count - 1, results.data() + i);
    --count;
    if (i > 0) results[i - 1] = vocabulary.merged(symbols[i - 1], symbols[i]);
    if (i + 1 < count) results[i] = vocabulary.merged(symbols[i], symbols[i + 1]);
  }
  return count;
}

/// A merge that may be made at a place, unless one of its two symbols has been merged away
/// meanwhile.
struct Candidate {
  Symbol result;
  size_t place;
  Symbol left, right;
  bool operator>(const Candidate& other) const {
    return result != other.result ? result > other.result : place > other.place;
  }
};

size_t merge_long(const Vocabulary& vocabulary, Symbol* symbols, size_t count) {
  std::vector<size_t> next(count), previous(count);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](size_t left) {
    if (left >= count || next[left] >= count) return;
    const Symbol result = vocabulary.merged(symbols[left], symbols[next[left]]);
    if (result != kNoSymbol) candidates.push({result, left, symbols[left], symbols[next[left]]});
  };
  for (size_t i = 0; i < count; ++i) {
    next[i] = i + 1;
    previous[i] = i == 0 ? count : i - 1;
  }
  for (size_t i = 0; i + 1 < count; ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    const size_t right = symbols[best.place] == best.left ? next[best.place] : count;
    if (right >= count || symbols[right] != best.right) continue;
    symbols[best.place] = best.result;
    symbols[right] = kNoSymbol;
    next[best.place] = next[right];
    if (next[right] < count) previous[next[right]] = best.place;
    consider(previous[best.place]);
    consider(best.place);
  }
  return static_cast<size_t>(std::remove(symbols, symbols + count, kNoSymbol) - symbols);
}

}  // namespace

void encode_word(const Vocabulary& vocabulary, std::string_view word,
                 std::vector<Symbol>& symbols) {
  const size_t start = symbols.size();
  for (const char byte : word)
    symbols.push_back(vocabulary.byte_symbol(static_cast<uint8_t>(byte)));
  symbols.back() = Vocabulary::at_word_end(symbols.back());
  const size_t count = word.size();
  const size_t merged = count <= kShortWord ? merge_short(vocabulary, symbols.data() + start, count)
                                            : merge_long(vocabulary, symbols.data() + start, count);
  symbols.resize(start + merged);
}

}  // namespace clipwright::text::bpe
