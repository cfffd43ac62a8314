#include "core/random.h"

#include <xxhash.h>

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace clipwright {

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

Random::Random(uint64_t seed, std::string_view purpose, uint64_t epoch, uint64_t sample) {
  const uint64_t key = hash64(purpose, seed);
  const uint64_t place[2] = {epoch, sample};
  const uint64_t high = hash64({reinterpret_cast<const char*>(place), sizeof place}, key);
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  counter_ = {0, 0, static_cast<uint32_t>(high), static_cast<uint32_t>(high >> 32)};
}

uint32_t Random::bits() {
  if (left_ == 0) {
    block_ = philox(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    left_ = 4;
  }
  return block_[4 - left_--];
}

double Random::uniform() {
  const uint64_t high = bits();
  return static_cast<double>(((high << 32) | bits()) >> 11) * 0x1.0p-53;
}

uint64_t Random::below(uint64_t bound) {
  CW_CHECK(bound > 0, "Random::below needs a positive bound");
  const auto draw = [this] {
    const uint64_t high = bits();
    return (high << 32) | bits();
  };
  auto product = static_cast<unsigned __int128>(draw()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>(draw()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

Permutation::Permutation(uint64_t size, uint64_t seed, std::string_view purpose, uint64_t epoch)
    : size_(size), half_bits_(1), key_(hash64(purpose, seed) ^ hash64("epoch", epoch)) {
  while ((uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
}

uint64_t Permutation::operator()(uint64_t index) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  do {
    uint64_t left = index >> half_bits_, right = index & mask;
    for (uint32_t round = 0; round < 4; ++round) {
      const auto mixed =
          philox({static_cast<uint32_t>(right), static_cast<uint32_t>(right >> 32), round, 0},
                 {static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)});
      const uint64_t next = left ^ (((uint64_t{mixed[1]} << 32) | mixed[0]) & mask);
      left = right;
      right = next;
    }
    index = (left << half_bits_) | right;
  } while (index >= size_);
  return index;
}

}  // namespace clipwright
