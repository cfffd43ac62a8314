#include "data/transform/gaussian_blur.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace clipwright::data::transform {
namespace {

constexpr int kPasses = 3;
/// Outputs done at a time; every buffer of a row has room for a whole number of them.
constexpr size_t kStep = 16;

size_t whole_steps(size_t count) { return (count + kStep - 1) / kStep * kStep; }

/// Weights in two halves, so that products of 16 bits suffice.
struct SplitWeights {
  explicit SplitWeights(const ExtendedBox& box)
      : high(pair(box.inner >> kLowBits, box.outer >> kLowBits)),
        low(pair(box.inner & kLowMask, box.outer & kLowMask)) {}

  static __m256i pair(uint32_t inner, uint32_t outer) {
    return _mm256_set1_epi32(static_cast<int>(inner | outer << 16));
  }

  /// (inner sum, outer sum) of eight outputs, weighed, rounded, without the fraction.
  __m256i weigh(__m256i sums) const {
    const __m256i above = _mm256_slli_epi32(_mm256_madd_epi16(sums, high), kLowBits),
                  below = _mm256_madd_epi16(sums, low);
    const __m256i half = _mm256_set1_epi32(1 << 23);
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(above, below), half), 24);
  }

  static constexpr int kLowBits = 11;
  static constexpr uint32_t kLowMask = (1U << kLowBits) - 1;
  __m256i high, low;
};

__m256i load(const uint8_t* bytes) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

/// One output a byte from taps[0][x] .. taps[count - 1][x], of which the outermost two are the
/// light ones. Reads and writes whole steps. `kTaps` 0: any count.
template <size_t kTaps>
void blend_taps(const uint8_t* const* taps, size_t count, const SplitWeights& weights, size_t width,
                uint8_t* out) {
  const size_t last = (kTaps == 0 ? count : kTaps) - 1;
  for (size_t x = 0; x < width; x += kStep) {
    const __m256i outer = _mm256_add_epi16(load(taps[0] + x), load(taps[last] + x));
    __m256i inner = load(taps[1] + x);
    for (size_t k = 2; k < last; ++k) inner = _mm256_add_epi16(inner, load(taps[k] + x));
    const __m256i words = _mm256_packus_epi32(weights.weigh(_mm256_unpacklo_epi16(inner, outer)),
                                              weights.weigh(_mm256_unpackhi_epi16(inner, outer)));
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + x), bytes);
  }
}

void blend_rows(const std::vector<const uint8_t*>& taps, const SplitWeights& weights, size_t width,
                uint8_t* out) {
  switch (taps.size()) {
    case 3:
      return blend_taps<3>(taps.data(), 3, weights, width, out);
    case 5:
      return blend_taps<5>(taps.data(), 5, weights, width, out);
    default:
      return blend_taps<0>(taps.data(), taps.size(), weights, width, out);
  }
}

}  // namespace

ExtendedBox extended_box(double radius) {
  CW_CHECK(radius >= 0 && radius <= GaussianBlur::kMostRadius, "a blur of 0 to 60 pixels");
  // In float where Pillow has float: the weights' last bits depend on it.
  const auto wanted = static_cast<float>(radius);
  const float variance = wanted * wanted / kPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * static_cast<double>(variance) + 1.0));
  const auto whole = static_cast<float>(std::floor((static_cast<double>(length) - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  const float box = whole + part;
  const int inside = static_cast<int>(box);
  const auto inner = static_cast<uint32_t>(static_cast<float>(1 << 24) / (box * 2 + 1));
  const uint32_t outer = ((1U << 24) - static_cast<uint32_t>(2 * inside + 1) * inner) / 2;
  return {inside, inner, outer};
}

void GaussianBlur::across(const uint8_t* row, int width, const ExtendedBox& box, uint8_t* out) {
  const auto columns = static_cast<size_t>(width), margin = static_cast<size_t>(box.radius) + 1;
  const SplitWeights weights(box);
  uint8_t *from = line_.data(), *to = other_line_.data();
  std::memcpy(from + margin, row, columns);
  for (int pass = 0; pass < kPasses; ++pass) {
    std::memset(from, from[margin], margin);
    std::memset(from + margin + columns, from[margin + columns - 1], margin);
    for (size_t k = 0; k < taps_.size(); ++k) taps_[k] = from + k;
    blend_rows(taps_, weights, columns, pass + 1 == kPasses ? out : to + margin);
    std::swap(from, to);
  }
}

void GaussianBlur::operator()(const RgbPlanes& picture, double radius) {
  if (radius == 0) return;
  const ExtendedBox box = extended_box(radius);
  const SplitWeights weights(box);
  const int height = picture.height();
  const auto columns = static_cast<size_t>(picture.width()),
             margin = static_cast<size_t>(box.radius) + 1;
  const size_t stride = whole_steps(columns);
  taps_.resize(2 * margin + 1);
  line_.resize(stride + 2 * margin);
  other_line_.resize(stride + 2 * margin);
  first_.resize(stride * static_cast<size_t>(height));
  second_.resize(first_.size());
  uint8_t *from = first_.data(), *to = second_.data();
  for (size_t channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < height; ++y)
      across(picture.row(channel, y), picture.width(), box, from + static_cast<size_t>(y) * stride);
    for (int pass = 0; pass < kPasses; ++pass) {
      for (int y = 0; y < height; ++y) {
        for (size_t k = 0; k < taps_.size(); ++k) {
          const int at = std::clamp(y + static_cast<int>(k) - box.radius - 1, 0, height - 1);
          taps_[k] = from + static_cast<size_t>(at) * stride;
        }
        blend_rows(taps_, weights, columns, to + static_cast<size_t>(y) * stride);
      }
      std::swap(from, to);
    }
    for (int y = 0; y < height; ++y)
      std::memcpy(picture.row(channel, y), from + static_cast<size_t>(y) * stride, columns);
  }
}

}  // namespace clipwright::data::transform
