// The two passes of Pillow's resize on pictures of four bytes a pixel, with exact integer
// arithmetic in vector registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/process/kernel_choice.h"
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

/// The environment variable that names the kernels.
inline constexpr const char* kResizeVariable = "CLIPWRIGHT_RESIZE";

/// "avx512", "avx2", "plain": best first, with what this machine lacks for each.
std::vector<KernelVariant> resize_variants();
/// Those of this process. Throws Error(kUsage) when the environment asks for ones that cannot run
/// here.
const KernelChoice& resize_choice();
const ResizeKernels& resize_kernels();
/// Of a variant that this machine can run.
const ResizeKernels& resize_kernels_named(const std::string& variant);

const ResizeKernels& resize_kernels_plain();
const ResizeKernels& resize_kernels_avx2();
/// Null on processors without AVX-512 VBMI and VNNI.
const ResizeKernels* resize_kernels_avx512();

/// Bytes (R) of a fixed picture resized in both directions by these kernels, downwards and upwards:
/// the same for all kernels.
std::vector<uint8_t> probe_resize(const ResizeKernels& kernels);

/// One pass over 16-bit grey pixels: `horizontal` along x over `rows` rows, else along y over
/// `columns` columns. Summed in double.
void resample_grey16(const uint8_t* source, size_t source_stride, int rows, int columns,
                     const ResampleAxis& axis, bool horizontal, uint8_t* target,
                     size_t target_stride);

}  // namespace clipwright::data::transform
