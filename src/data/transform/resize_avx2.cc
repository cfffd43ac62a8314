#include <immintrin.h>

#include <algorithm>

#include "data/transform/resize.h"

namespace clipwright::data::transform {
namespace {

constexpr int kHalf = 1 << (ResampleAxis::kFractionBits - 1);

/// Byte shuffle that makes 16-bit pairs (pixel a, pixel a + 1) of each of the four channels.
__m256i pair_shuffle(int first_pixel) {
  const int a = first_pixel * 4, b = a + 4;
  const char z = static_cast<char>(0x80);
  const __m128i one = _mm_setr_epi8(static_cast<char>(a), z, static_cast<char>(b), z,
                                    static_cast<char>(a + 1), z, static_cast<char>(b + 1), z,
                                    static_cast<char>(a + 2), z, static_cast<char>(b + 2), z,
                                    static_cast<char>(a + 3), z, static_cast<char>(b + 3), z);
  return _mm256_broadcastsi128_si256(one);
}

__m256i word(const int32_t* value) { return _mm256_set1_epi32(*value); }

/// Joins the two partial sums, rounds and removes the fraction.
__m256i finish(__m256i high, __m256i low) {
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, 11), low);
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)),
                           ResampleAxis::kFractionBits);
}

__m256i two_rows(const uint8_t* a, const uint8_t* b) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)), 1);
}

/// One output pixel of four rows: two registers of (row, row) x four channels.
struct FourRows {
  __m256i first, second;
};

inline FourRows output_of(const uint8_t* const rows[4], const ResampleAxis& axis, int output,
                          __m256i shuffle01, __m256i shuffle23) {
  __m256i high0 = _mm256_setzero_si256(), low0 = high0, high1 = high0, low1 = high0;
  const int32_t* words = axis.packed(output);
  size_t at = static_cast<size_t>(axis.start(output)) * 4;
  for (int g = axis.groups(output); g > 0; --g, words += ResampleAxis::kWords, at += 16) {
    const __m256i pixels0 = two_rows(rows[0] + at, rows[1] + at),
                  pixels1 = two_rows(rows[2] + at, rows[3] + at);
    const __m256i high01 = word(words), high23 = word(words + 1), low01 = word(words + 2),
                  low23 = word(words + 3);
    const __m256i a0 = _mm256_shuffle_epi8(pixels0, shuffle01),
                  b0 = _mm256_shuffle_epi8(pixels0, shuffle23);
    const __m256i a1 = _mm256_shuffle_epi8(pixels1, shuffle01),
                  b1 = _mm256_shuffle_epi8(pixels1, shuffle23);
    high0 = _mm256_add_epi32(
        high0, _mm256_add_epi32(_mm256_madd_epi16(a0, high01), _mm256_madd_epi16(b0, high23)));
    low0 = _mm256_add_epi32(
        low0, _mm256_add_epi32(_mm256_madd_epi16(a0, low01), _mm256_madd_epi16(b0, low23)));
    high1 = _mm256_add_epi32(
        high1, _mm256_add_epi32(_mm256_madd_epi16(a1, high01), _mm256_madd_epi16(b1, high23)));
    low1 = _mm256_add_epi32(
        low1, _mm256_add_epi32(_mm256_madd_epi16(a1, low01), _mm256_madd_epi16(b1, low23)));
  }
  return {finish(high0, low0), finish(high1, low1)};
}

void horizontal(const uint8_t* source, size_t source_stride, int rows, const ResampleAxis& axis,
                uint8_t* target, size_t target_stride) {
  const __m256i shuffle01 = pair_shuffle(0), shuffle23 = pair_shuffle(2);
  const int outputs = axis.outputs();
  for (int y = 0; y < rows; y += 4) {
    const uint8_t* in[4];
    uint8_t* out[4];
    for (int i = 0; i < 4; ++i) {  // a short last block repeats its last row
      const size_t row = static_cast<size_t>(std::min(y + i, rows - 1));
      in[i] = source + row * source_stride;
      out[i] = target + row * target_stride;
    }
    for (int x = 0; x < outputs; x += 4) {
      FourRows pixel[4];
      for (int i = 0; i < 4; ++i)
        pixel[i] = output_of(in, axis, std::min(x + i, outputs - 1), shuffle01, shuffle23);
      const __m256i first = _mm256_packus_epi16(_mm256_packs_epi32(pixel[0].first, pixel[1].first),
                                                _mm256_packs_epi32(pixel[2].first, pixel[3].first));
      const __m256i second =
          _mm256_packus_epi16(_mm256_packs_epi32(pixel[0].second, pixel[1].second),
                              _mm256_packs_epi32(pixel[2].second, pixel[3].second));
      const size_t at = static_cast<size_t>(x) * 4;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[0] + at), _mm256_castsi256_si128(first));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[1] + at), _mm256_extracti128_si256(first, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[2] + at), _mm256_castsi256_si128(second));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[3] + at),
                       _mm256_extracti128_si256(second, 1));
    }
  }
}

__m256i load(const uint8_t* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

void vertical(const uint8_t* source, size_t source_stride, size_t row_bytes,
              const ResampleAxis& axis, uint8_t* target, size_t target_stride) {
  const __m256i zero = _mm256_setzero_si256();
  const int last_row = axis.source_end() - axis.source_begin() - 1;
  for (int y = 0; y < axis.outputs(); ++y) {
    for (size_t x = 0; x < row_bytes; x += 32) {
      __m256i high[4] = {zero, zero, zero, zero}, low[4] = {zero, zero, zero, zero};
      const int32_t* words = axis.packed(y);
      for (int g = 0, row = axis.start(y); g < axis.groups(y);
           ++g, row += 4, words += ResampleAxis::kWords) {
        for (int pair = 0; pair < 2; ++pair) {
          const uint8_t* a =
              source + static_cast<size_t>(std::min(row + 2 * pair, last_row)) * source_stride + x;
          const uint8_t* b =
              source + static_cast<size_t>(std::min(row + 2 * pair + 1, last_row)) * source_stride +
              x;
          const __m256i low_half = _mm256_unpacklo_epi8(load(a), load(b)),
                        high_half = _mm256_unpackhi_epi8(load(a), load(b));
          const __m256i values[4] = {
              _mm256_unpacklo_epi8(low_half, zero), _mm256_unpackhi_epi8(low_half, zero),
              _mm256_unpacklo_epi8(high_half, zero), _mm256_unpackhi_epi8(high_half, zero)};
          const __m256i high_weights = word(words + pair), low_weights = word(words + 2 + pair);
          for (int i = 0; i < 4; ++i) {
            high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(values[i], high_weights));
            low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(values[i], low_weights));
          }
        }
      }
      // Packing undoes the order that unpacking made, so the bytes come out in place.
      const __m256i bytes =
          _mm256_packus_epi16(_mm256_packs_epi32(finish(high[0], low[0]), finish(high[1], low[1])),
                              _mm256_packs_epi32(finish(high[2], low[2]), finish(high[3], low[3])));
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(target + static_cast<size_t>(y) * target_stride + x), bytes);
    }
  }
}

}  // namespace

const ResizeKernels& resize_kernels_avx2() {
  static const ResizeKernels kernels = {ResampleAxis::Packing::kSplit11, horizontal, vertical};
  return kernels;
}

}  // namespace clipwright::data::transform
