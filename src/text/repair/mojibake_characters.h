// The few hundred characters that text decoded in the wrong encoding is made of, and what is known
// about each (facts of ftfy 6).
#pragma once

#include <array>
#include <cstdint>

namespace clipwright::text::repair {

/// Groups of characters whose neighbourhood is telling, the roles a character can play in UTF-8
/// read as something else, and (from kEncodingShift on) the encodings that have it. Order as in
/// tables/mojibake_characters.inc.
enum MojibakeTrait : uint32_t {
  kCommon = 1U << 0,
  kC1Control = 1U << 1,
  kBad = 1U << 2,
  kLaw = 1U << 3,
  kCurrency = 1U << 4,
  kStartPunctuation = 1U << 5,
  kEndPunctuation = 1U << 6,
  kNumeric = 1U << 7,
  kKaomoji = 1U << 8,
  kUpperAccented = 1U << 9,
  kLowerAccented = 1U << 10,
  kUpperCommon = 1U << 11,
  kLowerCommon = 1U << 12,
  kBox = 1U << 13,
  kFirstOfTwo = 1U << 14,
  kFirstOfThree = 1U << 15,
  kFirstOfFour = 1U << 16,
  kContinuation = 1U << 17,
  kStrictContinuation = 1U << 18,
};
constexpr int kEncodingShift = 19;

class MojibakeTraits {
 public:
  static const MojibakeTraits& standard();
  /// Traits of a character; 0 for one that mojibake is not made of.
  uint32_t operator()(char32_t c) const { return c < masks_.size() ? masks_[c] : 0; }

 private:
  MojibakeTraits();
  std::array<uint32_t, 0x10000> masks_{};
};

}  // namespace clipwright::text::repair
