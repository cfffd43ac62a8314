// The definition, a byte at a time: what the vector kernels are checked against, and what is used
// where they cannot be trusted.
#include <algorithm>

#include "data/transform/resize.h"

namespace clipwright::data::transform {
namespace {

/// round(sum of byte x weight), clamped. `step` bytes lie between one tap's byte and the next's.
uint8_t weighted(const uint8_t* at, size_t step, const transform::ResampleAxis& axis, int output) {
  int64_t sum = int64_t{1} << (transform::ResampleAxis::kFractionBits - 1);
  for (int i = 0; i < axis.taps(output); ++i, at += step)
    sum += *at * int64_t{transform::ResampleAxis::fixed_point(axis.weights(output)[i])};
  return static_cast<uint8_t>(
      std::clamp<int64_t>(sum >> transform::ResampleAxis::kFractionBits, 0, 255));
}

void horizontal(const uint8_t* source, size_t source_stride, int rows,
                const transform::ResampleAxis& axis, uint8_t* target, size_t target_stride) {
  for (int y = 0; y < rows; ++y) {
    const uint8_t* in = source + static_cast<size_t>(y) * source_stride;
    uint8_t* out = target + static_cast<size_t>(y) * target_stride;
    for (int x = 0; x < axis.outputs(); ++x) {
      const uint8_t* first = in + static_cast<size_t>(axis.start(x)) * 4;
      for (size_t channel = 0; channel < 4; ++channel)
        out[static_cast<size_t>(x) * 4 + channel] = weighted(first + channel, 4, axis, x);
    }
  }
}

void vertical(const uint8_t* source, size_t source_stride, size_t row_bytes,
              const transform::ResampleAxis& axis, uint8_t* target, size_t target_stride) {
  for (int y = 0; y < axis.outputs(); ++y) {
    const uint8_t* first = source + static_cast<size_t>(axis.start(y)) * source_stride;
    uint8_t* out = target + static_cast<size_t>(y) * target_stride;
    for (size_t x = 0; x < row_bytes; ++x) out[x] = weighted(first + x, source_stride, axis, y);
  }
}

}  // namespace

const transform::ResizeKernels& resize_kernels_plain() {
  static const transform::ResizeKernels kernels = {transform::ResampleAxis::Packing::kSplit11,
                                                   horizontal, vertical};
  return kernels;
}

}  // namespace clipwright::data::transform
