// The two passes of Pillow's resize on pictures of four bytes a pixel, with exact integer
// arithmetic in vector registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "data/transform/resample_axis.h"

namespace clipwright::data::transform {

/// Every result is round(sum of byte x weight) clamped to a byte, with 22-bit weights summed in 32
/// bits: the same bits as Pillow on any processor. Sources may be read up to 64 bytes behind the
/// last pixel of a row.
struct ResizeKernels {
  ResampleAxis::Packing packing;

  /// Resamples `rows` rows along x. Columns are counted from axis.source_begin(). A target row must
  /// have room for its outputs rounded up to a multiple of four.
  void (*horizontal)(const uint8_t* source, size_t source_stride, int rows,
                     const ResampleAxis& axis, uint8_t* target, size_t target_stride);

  /// Resamples along y to axis.outputs() rows. Row 0 of `source` is axis.source_begin();
  /// `row_bytes` (a multiple of 64 that may exceed the picture) are done in each row.
  void (*vertical)(const uint8_t* source, size_t source_stride, size_t row_bytes,
                   const ResampleAxis& axis, uint8_t* target, size_t target_stride);
};

/// The fastest for this processor: AVX-512 with VBMI and VNNI, or AVX2.
const ResizeKernels& resize_kernels();
const ResizeKernels& resize_kernels_avx2();
/// Null on processors without AVX-512 VBMI and VNNI.
const ResizeKernels* resize_kernels_avx512();

/// One pass over 16-bit grey pixels: `horizontal` along x over `rows` rows, else along y over
/// `columns` columns. Summed in double.
void resample_grey16(const uint8_t* source, size_t source_stride, int rows, int columns,
                     const ResampleAxis& axis, bool horizontal, uint8_t* target,
                     size_t target_stride);

}  // namespace clipwright::data::transform
