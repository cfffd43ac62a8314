#include "data/transform/colour_operations.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace clipwright::data::transform {
namespace {

/// Pixels done at a time, so that what is between two loops stays in the first cache.
constexpr size_t kBlock = 512;
/// Of them in a step of vector registers.
constexpr size_t kStep = 16;

using Block = std::array<uint8_t, kBlock>;

/// Calls work(begin, count) for each block of `pixels`.
template <typename Work>
void for_blocks(size_t pixels, const Work& work) {
  for (size_t begin = 0; begin < pixels; begin += kBlock)
    work(begin, std::min(kBlock, pixels - begin));
}

__m256i words_of(const uint8_t* bytes) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

/// Sixteen bytes from as many 32-bit values in the order of unpacking (0-3 8-11, 4-7 12-15),
/// clamped.
__m128i bytes_of(__m256i low, __m256i high) {
  const __m256i words = _mm256_packs_epi32(low, high);
  return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

/// Pillow's luma: weights with 16 fractional bits, that of green in two halves to fit 16-bit
/// products.
void luma(const uint8_t* red, const uint8_t* green, const uint8_t* blue, size_t count,
          uint8_t* out) {
  constexpr int kRed = 19595, kHalfGreen = 19235, kBlue = 7471, kHalf = 1 << 15;
  const __m256i red_green = _mm256_set1_epi32(kRed | kHalfGreen << 16),
                green_blue = _mm256_set1_epi32(kHalfGreen | kBlue << 16),
                half = _mm256_set1_epi32(kHalf);
  const auto weigh = [&](__m256i rg, __m256i gb) {
    const __m256i sum =
        _mm256_add_epi32(_mm256_madd_epi16(rg, red_green), _mm256_madd_epi16(gb, green_blue));
    return _mm256_srli_epi32(_mm256_add_epi32(sum, half), 16);
  };
  size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    const __m256i r = words_of(red + i), g = words_of(green + i), b = words_of(blue + i);
    const __m128i bytes = bytes_of(weigh(_mm256_unpacklo_epi16(r, g), _mm256_unpacklo_epi16(g, b)),
                                   weigh(_mm256_unpackhi_epi16(r, g), _mm256_unpackhi_epi16(g, b)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
  }
  for (; i < count; ++i) {
    const int sum = kRed * red[i] + 2 * kHalfGreen * green[i] + kBlue * blue[i];
    out[i] = static_cast<uint8_t>((sum + kHalf) >> 16);
  }
}

/// From `from` (share 0) past `bytes` (share 1) in float, clamped, without the fraction.
void blend(const uint8_t* from, float share, uint8_t* bytes, size_t count) {
  const __m256 shares = _mm256_set1_ps(share), most = _mm256_set1_ps(255.0F);
  const auto floats_of = [](const uint8_t* eight) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(eight))));
  };
  const auto eight = [&](size_t i) {
    const __m256 a = floats_of(from + i), b = floats_of(bytes + i);
    const __m256 value = _mm256_add_ps(a, _mm256_mul_ps(shares, _mm256_sub_ps(b, a)));
    return _mm256_cvttps_epi32(_mm256_min_ps(value, most));
  };
  size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    const __m256i first = eight(i), second = eight(i + 8);
    const __m128i out = bytes_of(_mm256_permute2x128_si256(first, second, 0x20),
                                 _mm256_permute2x128_si256(first, second, 0x31));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes + i), out);
  }
  for (; i < count; ++i) {
    const auto a = static_cast<float>(from[i]), b = static_cast<float>(bytes[i]);
    bytes[i] = static_cast<uint8_t>(std::clamp(a + share * (b - a), 0.0F, 255.0F));
  }
}

void blend_from(int from, const RgbPlanes& picture, double factor) {
  Block same;
  same.fill(static_cast<uint8_t>(from));
  for_blocks(3 * picture.pixels(), [&](size_t begin, size_t count) {
    blend(same.data(), static_cast<float>(factor), picture.plane(0) + begin, count);
  });
}

/// Rounded as Pillow's ImageEnhance does.
int mean_luma(const RgbPlanes& picture) {
  Block grey;
  uint64_t sum = 0;
  for_blocks(picture.pixels(), [&](size_t begin, size_t count) {
    luma(picture.plane(0) + begin, picture.plane(1) + begin, picture.plane(2) + begin, count,
         grey.data());
    uint32_t part = 0;
    for (size_t i = 0; i < count; ++i) part += grey[i];
    sum += part;
  });
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(picture.pixels()) + 0.5);
}

/// x / 255 without its fraction, for x < 2^24.
inline int divide_by_255(int x) {
  const int y = x + 1;
  return (y + (y >> 8) + (y >> 16)) >> 8;
}

/// Of values, where std::max's references would keep the compiler from vector registers.
inline int larger(int a, int b) { return a > b ? a : b; }
inline int smaller(int a, int b) { return a < b ? a : b; }

/// Hue, saturation and value of a block of pixels as Pillow stores them. Its hue goes through float
/// and double; the roundings are repeated here, because the last step cuts a fraction off.
struct HueBlock {
  int hue[kBlock], saturation[kBlock], value[kBlock];

  void fill(const uint8_t* red, const uint8_t* green, const uint8_t* blue, size_t count) {
    float sixths[kBlock];
    for (size_t i = 0; i < count; ++i) {
      const int r = red[i], g = green[i], b = blue[i];
      const int most = larger(r, larger(g, b)), least = smaller(r, smaller(g, b));
      const int range = most - least, middle = r + g + b - most - least;
      // Each channel has its third of the circle; the middle one pulls it forward or back.
      const int third = r == most ? 0 : g == most ? 2 : 4;
      const int back = r == most ? b : g == most ? r : g;
      const int forward = back == least ? 1 : -1;
      const float pull = static_cast<float>(most - middle) / static_cast<float>(larger(range, 1));
      sixths[i] = static_cast<float>(third + forward) - static_cast<float>(forward) * pull;
      // Its largest float below a whole number stays below it, so that one division does.
      saturation[i] =
          static_cast<int>(static_cast<float>(255 * range) / static_cast<float>(larger(most, 1)));
      value[i] = most;
    }
    for (size_t i = 0; i < count; ++i) {
      const double rounds = static_cast<double>(sixths[i]) / 6.0 + 1.0;
      const auto part = static_cast<float>(rounds - static_cast<double>(static_cast<int>(rounds)));
      hue[i] = static_cast<int>(static_cast<double>(part) * 255.0);
    }
  }

  /// Back to RGB with every hue turned.
  void store(int turn, uint8_t* red, uint8_t* green, uint8_t* blue, size_t count) const {
    for (size_t i = 0; i < count; ++i) {
      const int at = 6 * ((hue[i] + turn) & 0xFF), s = saturation[i], v = value[i];
      red[i] = channel(at + 5 * kSixth, s, v);
      green[i] = channel(at + 3 * kSixth, s, v);
      blue[i] = channel(at + kSixth, s, v);
    }
  }

 private:
  /// A sixth of the circle; hues are counted in 1 / 1530 of it.
  static constexpr int kSixth = 255;

  /// One channel of a hue counted from where the channel begins to fade: for a sixth it fades from
  /// the value, for two it has the rest that saturation leaves, for a sixth it comes back. Pillow
  /// rounds floats here; these fractions over 255^2 are never so near to a half that it matters.
  static uint8_t channel(int at, int saturation, int value) {
    at = at >= 6 * kSixth ? at - 6 * kSixth : at;
    const int faded = larger(smaller(smaller(at, 4 * kSixth - at), kSixth), 0);
    const int scaled = value * (kSixth * kSixth - saturation * faded);
    return static_cast<uint8_t>(divide_by_255(divide_by_255(scaled + kSixth * kSixth / 2)));
  }
};

}  // namespace

void adjust_brightness(const RgbPlanes& picture, double factor) { blend_from(0, picture, factor); }

void adjust_contrast(const RgbPlanes& picture, double factor) {
  blend_from(mean_luma(picture), picture, factor);
}

void adjust_saturation(const RgbPlanes& picture, double factor) {
  Block grey;
  for_blocks(picture.pixels(), [&](size_t begin, size_t count) {
    uint8_t* const planes[3] = {picture.plane(0) + begin, picture.plane(1) + begin,
                                picture.plane(2) + begin};
    luma(planes[0], planes[1], planes[2], count, grey.data());
    for (uint8_t* plane : planes) blend(grey.data(), static_cast<float>(factor), plane, count);
  });
}

void shift_hue(const RgbPlanes& picture, double shift) {
  const int turn = static_cast<int>(shift * 255);
  HueBlock block;
  for_blocks(picture.pixels(), [&](size_t begin, size_t count) {
    uint8_t *red = picture.plane(0) + begin, *green = picture.plane(1) + begin,
            *blue = picture.plane(2) + begin;
    block.fill(red, green, blue, count);
    block.store(turn, red, green, blue, count);
  });
}

void make_grey(const RgbPlanes& picture) {
  uint8_t *red = picture.plane(0), *green = picture.plane(1), *blue = picture.plane(2);
  luma(red, green, blue, picture.pixels(), red);
  std::memcpy(green, red, picture.pixels());
  std::memcpy(blue, red, picture.pixels());
}

void mirror(const RgbPlanes& picture) {
  const auto width = static_cast<size_t>(picture.width());
  std::vector<uint8_t> copy(width);
  uint8_t* row = picture.plane(0);
  for (size_t y = 0; y < 3 * static_cast<size_t>(picture.height()); ++y, row += width) {
    std::memcpy(copy.data(), row, width);
    for (size_t x = 0; x < width; ++x) row[x] = copy[width - 1 - x];
  }
}

}  // namespace clipwright::data::transform
