#include "data/image/colour.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

namespace clipwright::data::image {
namespace {

/// a * b / 255, rounded.
inline uint8_t scale255(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<uint8_t>(((product >> 8) + product) >> 8);
}

/// The first three bytes of each pixel into three planes, eight pixels at a time.
void split_planes(const uint8_t* row, int pixels, uint8_t* red, uint8_t* green, uint8_t* blue) {
  const __m256i gather = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256i join = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  int x = 0;
  for (; x + 8 <= pixels; x += 8) {
    const __m256i packed =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + 4 * static_cast<size_t>(x)));
    const __m256i planes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(packed, gather), join);
    const __m128i red_green = _mm256_castsi256_si128(planes),
                  blue_rest = _mm256_extracti128_si256(planes, 1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(red + x), red_green);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(green + x),
                     _mm_unpackhi_epi64(red_green, red_green));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(blue + x), blue_rest);
  }
  for (; x < pixels; ++x) {
    red[x] = row[4 * static_cast<size_t>(x)];
    green[x] = row[4 * static_cast<size_t>(x) + 1];
    blue[x] = row[4 * static_cast<size_t>(x) + 2];
  }
}

}  // namespace

void premultiply(uint8_t* row, int pixels) {
  for (int x = 0; x < pixels; ++x, row += 4) {
    for (int c = 0; c < 3; ++c) row[c] = scale255(row[c], row[3]);
  }
}

void store_planes(const uint8_t* row, int pixels, PixelKind kind, bool premultiplied, uint8_t* red,
                  uint8_t* green, uint8_t* blue) {
  uint8_t* const planes[3] = {red, green, blue};
  if (kind == PixelKind::kGrey16) {
    for (int x = 0; x < pixels; ++x, row += 2) red[x] = row[1] == 0 ? row[0] : 255;
    std::memcpy(green, red, static_cast<size_t>(pixels));
    std::memcpy(blue, red, static_cast<size_t>(pixels));
  } else if (kind == PixelKind::kInk) {
    for (int x = 0; x < pixels; ++x, row += 4) {
      const unsigned light = 255U - row[3];
      for (int c = 0; c < 3; ++c)
        planes[c][x] = static_cast<uint8_t>(light - scale255(row[c], light));
    }
  } else if (premultiplied) {
    for (int x = 0; x < pixels; ++x, row += 4) {
      const unsigned alpha = row[3];
      const bool plain = alpha == 255 || alpha == 0;
      for (int c = 0; c < 3; ++c)
        planes[c][x] = plain ? row[c] : static_cast<uint8_t>(std::min(255U, 255U * row[c] / alpha));
    }
  } else {
    split_planes(row, pixels, red, green, blue);
  }
}

}  // namespace clipwright::data::image
