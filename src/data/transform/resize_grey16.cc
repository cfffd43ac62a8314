#include <algorithm>

#include "data/transform/resize.h"

namespace clipwright::data::transform {

void resample_grey16(const uint8_t* source, size_t source_stride, int rows, int columns,
                     const ResampleAxis& axis, bool horizontal, uint8_t* target,
                     size_t target_stride) {
  const size_t step = horizontal ? 2 : source_stride;
  const int out_rows = horizontal ? rows : axis.outputs(),
            out_columns = horizontal ? axis.outputs() : columns;
  for (int y = 0; y < out_rows; ++y) {
    for (int x = 0; x < out_columns; ++x) {
      const int output = horizontal ? x : y;
      const uint8_t* at = horizontal ? source + static_cast<size_t>(y) * source_stride +
                                           static_cast<size_t>(axis.start(x)) * 2
                                     : source + static_cast<size_t>(axis.start(y)) * source_stride +
                                           static_cast<size_t>(x) * 2;
      const double* weights = axis.weights(output);
      double sum = 0.0;
      for (int i = 0; i < axis.taps(output); ++i, at += step)
        sum += (at[0] | at[1] << 8) * weights[i];
      const int value = std::clamp(static_cast<int>(sum >= 0.0 ? sum + 0.5 : sum - 0.5), 0, 65535);
      uint8_t* out = target + static_cast<size_t>(y) * target_stride + static_cast<size_t>(x) * 2;
      out[0] = static_cast<uint8_t>(value & 0xFF);
      out[1] = static_cast<uint8_t>(value >> 8);
    }
  }
}

}  // namespace clipwright::data::transform
