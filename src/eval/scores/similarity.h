// The one product of two features that results are decided by.
#pragma once

#include <cstdint>

namespace clipwright::eval::scores {

/// The sum of the products of `width` numbers in float64, in an order that depends on nothing but
/// `width`, brought to float32: equal features have equal similarities, whatever they stand among.
inline float similarity(const float* a, const float* b, int64_t width) {
  double parts[8] = {};
  int64_t k = 0;
  for (; k + 8 <= width; k += 8) {
    for (int64_t i = 0; i < 8; ++i)
      parts[i] += static_cast<double>(a[k + i]) * static_cast<double>(b[k + i]);
  }
  for (int64_t i = 0; k < width; ++k, ++i)
    parts[i] += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return static_cast<float>(((parts[0] + parts[4]) + (parts[1] + parts[5])) +
                            ((parts[2] + parts[6]) + (parts[3] + parts[7])));
}

}  // namespace clipwright::eval::scores
