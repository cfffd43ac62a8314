// Texts that nearly repeat another, by MinHash (Broder 1997) over word 1- and 2-grams.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

namespace clipwright::audit::diversity {

/// 64 hash functions, 8 bits of each minimum (Li and Koenig 2010): the share of equal bytes tells
/// the Jaccard similarity of two texts' shingles to about 0.06.
struct MinHash {
  static constexpr size_t kFunctions = 64;
  std::array<uint8_t, kFunctions> minima{};
  uint64_t smallest = 0;  ///< smallest shingle hash: equal for two texts with probability J
  uint64_t text = 0;      ///< hash of all words in order: equal for equal texts
};

/// From the word hashes of a text, in order. A text without words has no sketch: `text` is 0.
void sketch_text(std::span<const uint64_t> words, MinHash& sketch);

/// Estimated Jaccard similarity, corrected for bytes that agree by chance.
double estimated_similarity(const MinHash& a, const MinHash& b);

/// Collects the sketches of a stream. Beyond `capacity` distinct texts, only those with the
/// smallest `smallest` are kept: near-duplicates are drawn together. About 110 bytes a kept text.
class NearDuplicates {
 public:
  static constexpr double kSimilar = 0.7;

  explicit NearDuplicates(size_t capacity = size_t{1} << 16) : capacity_(capacity) {}
  void add(const MinHash& sketch);
  void merge(const NearDuplicates& other);
  /// Share of the distinct texts that another distinct one resembles by `kSimilar` or more. Pairs
  /// are found by 16 bands of 4 functions: 98 % of those at 0.7, all from 0.8 on.
  double share() const;
  /// Distinct texts kept.
  int64_t looked_at() const { return static_cast<int64_t>(sketches_.size()); }
  bool sampled() const { return bound_ != UINT64_MAX; }

 private:
  void shrink();
  size_t capacity_;
  uint64_t bound_ = UINT64_MAX;
  std::unordered_map<uint64_t, MinHash> sketches_;  ///< by `text`
};

}  // namespace clipwright::audit::diversity
