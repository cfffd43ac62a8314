// g++ 12 takes the deliberately undefined registers inside its own AVX-512 header for mistakes (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>

#include "data/resize.h"

// The processor is asked at run time, so only the functions marked with this may use the wide instructions.
#define CLIPWRIGHT_WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace clipwright {
namespace {

constexpr int kHalf = 1 << (ResampleAxis::kFractionBits - 1);

/// Sums of byte x signed byte for the three digits of the weights.
struct Digits {
  __m512i high, middle, low;
};

CLIPWRIGHT_WIDE inline void accumulate(Digits& sums, __m512i bytes, const int32_t* words) {
  sums.high = _mm512_dpbusd_epi32(sums.high, bytes, _mm512_set1_epi32(words[0]));
  sums.middle = _mm512_dpbusd_epi32(sums.middle, bytes, _mm512_set1_epi32(words[1]));
  sums.low = _mm512_dpbusd_epi32(sums.low, bytes, _mm512_set1_epi32(words[2]));
}

CLIPWRIGHT_WIDE inline __m512i finish(const Digits& sums) {
  const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(sums.high, 8), sums.middle);
  const __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(upper, 8), sums.low);
  return _mm512_srai_epi32(sum, ResampleAxis::kFractionBits);
}

CLIPWRIGHT_WIDE inline Digits rounding() {
  return {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_set1_epi32(kHalf)};
}

CLIPWRIGHT_WIDE inline __m512i pack(__m512i a, __m512i b, __m512i c, __m512i d) {
  return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
}

CLIPWRIGHT_WIDE inline __m128i quarter(const uint8_t* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }

CLIPWRIGHT_WIDE void horizontal(const uint8_t* source, size_t source_stride, int rows, const ResampleAxis& axis, uint8_t* target,
                                size_t target_stride) {
  // Four pixels of four channels become four channels of four pixels.
  const __m512i transpose =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
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
      __m512i pixel[4];
      for (int i = 0; i < 4; ++i) {
        const int output = std::min(x + i, outputs - 1);
        const int32_t* words = axis.packed(output);
        size_t at = static_cast<size_t>(axis.start(output)) * 4;
        Digits sums = rounding();
        for (int g = axis.groups(output); g > 0; --g, words += ResampleAxis::kWords, at += 16) {
          __m512i bytes = _mm512_castsi128_si512(quarter(in[0] + at));
          bytes = _mm512_inserti32x4(bytes, quarter(in[1] + at), 1);
          bytes = _mm512_inserti32x4(bytes, quarter(in[2] + at), 2);
          bytes = _mm512_inserti32x4(bytes, quarter(in[3] + at), 3);
          accumulate(sums, _mm512_shuffle_epi8(bytes, transpose), words);
        }
        pixel[i] = finish(sums);
      }
      const __m512i bytes = pack(pixel[0], pixel[1], pixel[2], pixel[3]);
      const size_t at = static_cast<size_t>(x) * 4;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[0] + at), _mm512_castsi512_si128(bytes));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[1] + at), _mm512_extracti32x4_epi32(bytes, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[2] + at), _mm512_extracti32x4_epi32(bytes, 2));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out[3] + at), _mm512_extracti32x4_epi32(bytes, 3));
    }
  }
}

CLIPWRIGHT_WIDE void vertical(const uint8_t* source, size_t source_stride, size_t row_bytes, const ResampleAxis& axis,
                              uint8_t* target, size_t target_stride) {
  const int last_row = axis.source_end() - axis.source_begin() - 1;
  for (int y = 0; y < axis.outputs(); ++y) {
    for (size_t x = 0; x < row_bytes; x += 64) {
      Digits sums[4] = {rounding(), rounding(), rounding(), rounding()};
      const int32_t* words = axis.packed(y);
      for (int g = 0, row = axis.start(y); g < axis.groups(y); ++g, row += 4, words += ResampleAxis::kWords) {
        __m512i in[4];
        for (int i = 0; i < 4; ++i) {
          in[i] = _mm512_loadu_si512(source + static_cast<size_t>(std::min(row + i, last_row)) * source_stride + x);
        }
        const __m512i low01 = _mm512_unpacklo_epi8(in[0], in[1]), high01 = _mm512_unpackhi_epi8(in[0], in[1]);
        const __m512i low23 = _mm512_unpacklo_epi8(in[2], in[3]), high23 = _mm512_unpackhi_epi8(in[2], in[3]);
        accumulate(sums[0], _mm512_unpacklo_epi16(low01, low23), words);
        accumulate(sums[1], _mm512_unpackhi_epi16(low01, low23), words);
        accumulate(sums[2], _mm512_unpacklo_epi16(high01, high23), words);
        accumulate(sums[3], _mm512_unpackhi_epi16(high01, high23), words);
      }
      // Packing undoes the order that unpacking made, so the bytes come out in place.
      _mm512_storeu_si512(target + static_cast<size_t>(y) * target_stride + x,
                          pack(finish(sums[0]), finish(sums[1]), finish(sums[2]), finish(sums[3])));
    }
  }
}

}  // namespace

const ResizeKernels* resize_kernels_avx512() {
  static const ResizeKernels kernels = {ResampleAxis::Packing::kBytes, horizontal, vertical};
  static const bool supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  return supported ? &kernels : nullptr;
}

}  // namespace clipwright
