// g++ 12 takes the deliberately undefined registers inside its own AVX-512 header for mistakes (GCC
// bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "data/transform/resize.h"

// The processor is asked at run time, so only the functions marked with this may use the wide
// instructions.
#define CLIPWRIGHT_WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))

namespace clipwright::data::transform {
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

CLIPWRIGHT_WIDE inline __m512i four_pixels(const uint8_t* bytes) {
  return _mm512_loadu_si512(bytes);
}

/// Lays four rows side by side: row 0 to 3 of pixel 0, of pixel 1, and so on, 16 bytes a pixel, so
/// that the four taps of a group are one load whatever pixel they start at.
CLIPWRIGHT_WIDE void interleave(const uint8_t* const rows[4], int pixels, uint8_t* out) {
  for (int x = 0; x < pixels; x += 16) {
    const size_t at = static_cast<size_t>(x) * 4;
    const __m512i a = four_pixels(rows[0] + at), b = four_pixels(rows[1] + at);
    const __m512i c = four_pixels(rows[2] + at), d = four_pixels(rows[3] + at);
    const __m512i ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
    const __m512i cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
    // Pixel 4 i + k of each quarter i is in by_pixel[k].
    const __m512i by_pixel[4] = {
        _mm512_unpacklo_epi64(ab_low, cd_low), _mm512_unpackhi_epi64(ab_low, cd_low),
        _mm512_unpacklo_epi64(ab_high, cd_high), _mm512_unpackhi_epi64(ab_high, cd_high)};
    const __m512i p02_low = _mm512_shuffle_i32x4(by_pixel[0], by_pixel[1], 0x44);
    const __m512i p02_high = _mm512_shuffle_i32x4(by_pixel[0], by_pixel[1], 0xEE);
    const __m512i p13_low = _mm512_shuffle_i32x4(by_pixel[2], by_pixel[3], 0x44);
    const __m512i p13_high = _mm512_shuffle_i32x4(by_pixel[2], by_pixel[3], 0xEE);
    uint8_t* to = out + at * 4;
    _mm512_storeu_si512(to, _mm512_shuffle_i32x4(p02_low, p13_low, 0x88));
    _mm512_storeu_si512(to + 64, _mm512_shuffle_i32x4(p02_low, p13_low, 0xDD));
    _mm512_storeu_si512(to + 128, _mm512_shuffle_i32x4(p02_high, p13_high, 0x88));
    _mm512_storeu_si512(to + 192, _mm512_shuffle_i32x4(p02_high, p13_high, 0xDD));
  }
}

/// For 32-bit lane (row, channel) the bytes of that channel in the four pixels.
CLIPWRIGHT_WIDE inline __m512i taps_together() {
  alignas(64) uint8_t index[64];
  for (int lane = 0; lane < 16; ++lane) {
    for (int tap = 0; tap < 4; ++tap) index[lane * 4 + tap] = static_cast<uint8_t>(tap * 16 + lane);
  }
  return _mm512_load_si512(index);
}

/// One output pixel of the four rows. `kGroups` is how many groups every output of the axis is
/// given (zero weights fill up), so that no branch depends on the output; 0 means that `groups`
/// says it.
template <int kGroups>
CLIPWRIGHT_WIDE inline __m512i output_of(const uint8_t* at, const int32_t* words, int groups,
                                         __m512i together) {
  Digits sums = rounding();
  for (int g = 0; g < (kGroups > 0 ? kGroups : groups);
       ++g, words += ResampleAxis::kWords, at += 64) {
    accumulate(sums, _mm512_permutexvar_epi8(together, four_pixels(at)), words);
  }
  return finish(sums);
}

template <int kGroups>
CLIPWRIGHT_WIDE void block_across(const uint8_t* side_by_side, const ResampleAxis& axis, int groups,
                                  uint8_t* const out[4]) {
  const __m512i together = taps_together();
  const int outputs = axis.outputs();
  for (int x = 0; x < outputs; x += 4) {
    __m512i pixel[4];
    for (int i = 0; i < 4; ++i) {
      const int output = std::min(x + i, outputs - 1);
      pixel[i] = output_of<kGroups>(side_by_side + static_cast<size_t>(axis.start(output)) * 16,
                                    axis.packed(output), groups, together);
    }
    const __m512i bytes = pack(pixel[0], pixel[1], pixel[2], pixel[3]);
    const size_t at = static_cast<size_t>(x) * 4;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out[0] + at), _mm512_castsi512_si128(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out[1] + at), _mm512_extracti32x4_epi32(bytes, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out[2] + at), _mm512_extracti32x4_epi32(bytes, 2));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out[3] + at), _mm512_extracti32x4_epi32(bytes, 3));
  }
}

void horizontal(const uint8_t* source, size_t source_stride, int rows, const ResampleAxis& axis,
                uint8_t* target, size_t target_stride) {
  using Block = void (*)(const uint8_t*, const ResampleAxis&, int, uint8_t* const[4]);
  constexpr Block kBlocks[] = {block_across<0>, block_across<1>, block_across<2>,
                               block_across<3>, block_across<4>, block_across<5>};
  const int groups = axis.most_groups(), pixels = axis.source_end() - axis.source_begin();
  const Block block = kBlocks[static_cast<size_t>(groups) < std::size(kBlocks) ? groups : 0];
  // The last outputs' groups reach past the last pixel; whatever lies there has weight zero.
  thread_local std::vector<uint8_t> side_by_side;
  side_by_side.resize((static_cast<size_t>(pixels) + 15) / 16 * 256 +
                      static_cast<size_t>(groups) * 64);
  for (int y = 0; y < rows; y += 4) {
    const uint8_t* in[4];
    uint8_t* out[4];
    for (int i = 0; i < 4; ++i) {  // a short last block repeats its last row
      const size_t row = static_cast<size_t>(std::min(y + i, rows - 1));
      in[i] = source + row * source_stride;
      out[i] = target + row * target_stride;
    }
    interleave(in, pixels, side_by_side.data());
    block(side_by_side.data(), axis, groups, out);
  }
}

CLIPWRIGHT_WIDE void vertical(const uint8_t* source, size_t source_stride, size_t row_bytes,
                              const ResampleAxis& axis, uint8_t* target, size_t target_stride) {
  const int last_row = axis.source_end() - axis.source_begin() - 1;
  for (int y = 0; y < axis.outputs(); ++y) {
    for (size_t x = 0; x < row_bytes; x += 64) {
      Digits sums[4] = {rounding(), rounding(), rounding(), rounding()};
      const int32_t* words = axis.packed(y);
      for (int g = 0, row = axis.start(y); g < axis.groups(y);
           ++g, row += 4, words += ResampleAxis::kWords) {
        __m512i in[4];
        for (int i = 0; i < 4; ++i) {
          in[i] = _mm512_loadu_si512(
              source + static_cast<size_t>(std::min(row + i, last_row)) * source_stride + x);
        }
        const __m512i low01 = _mm512_unpacklo_epi8(in[0], in[1]),
                      high01 = _mm512_unpackhi_epi8(in[0], in[1]);
        const __m512i low23 = _mm512_unpacklo_epi8(in[2], in[3]),
                      high23 = _mm512_unpackhi_epi8(in[2], in[3]);
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
  static const bool supported =
      missing_instructions("avx512f avx512bw avx512vl avx512vbmi avx512vnni").empty();
  return supported ? &kernels : nullptr;
}

}  // namespace clipwright::data::transform
