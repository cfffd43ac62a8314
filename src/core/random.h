// Counter-based random numbers: a draw depends on what it is for, never on thread, order or how
// much was drawn before.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace clipwright {

/// A 64-bit hash of bytes (XXH3), stable across machines and versions; for keys, not for security.
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

/// Philox4x32-10 (Salmon et al. 2011): four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// A stream of random numbers keyed by (seed, purpose, epoch, sample). Two streams with different
/// keys are independent; the same key always gives the same numbers.
class Random {
 public:
  Random(uint64_t seed, std::string_view purpose, uint64_t epoch, uint64_t sample);
  Random(uint64_t seed, std::string_view purpose, uint64_t epoch, std::string_view sample)
      : Random(seed, purpose, epoch, hash64(sample)) {}

  uint32_t bits();
  /// In [0, 1), 53 bits.
  double uniform();
  /// In [0, bound), unbiased (Lemire 2019). `bound` must be positive.
  uint64_t below(uint64_t bound);
  /// Standard normal (Box-Muller, both values used).
  double normal();

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int left_ = 0;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// A bijection on [0, size) keyed by (seed, purpose, epoch): a shuffle of any length without a
/// table in memory (a four-round Feistel network over the next power of four, cycle-walked into
/// range).
class Permutation {
 public:
  Permutation(uint64_t size, uint64_t seed, std::string_view purpose, uint64_t epoch);
  uint64_t operator()(uint64_t index) const;

 private:
  uint64_t size_;
  int half_bits_;
  uint64_t key_;
};

}  // namespace clipwright
