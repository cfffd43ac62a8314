// The weights of Pillow's antialiased resampling along one axis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/preprocessing.h"

namespace clipwright::data::transform {

/// How the outputs [first, first + outputs) of an axis that goes from `source_size` to
/// `target_size` pixels are made from source pixels. Weights are computed as Pillow does: the
/// kernel (bicubic a = -0.5) is widened by the shrink factor, cut at the borders, normalised in
/// double, then rounded to 22 fractional bits.
class ResampleAxis {
 public:
  static constexpr int kFractionBits = 22;
  /// Weights are packed for vector kernels in groups of this many taps, the last one filled up with
  /// zeros.
  static constexpr int kGroup = 4;
  /// 32-bit words a group of packed weights takes.
  static constexpr int kWords = 4;

  enum class Packing {
    kSplit11,  ///< pairs of 16-bit: high parts of taps 0 1, of 2 3, then the low 11 bits of taps 0
               ///< 1, of 2 3
    kBytes,    ///< three words of signed bytes: bits 16 and up, 8 to 15, 0 to 7 (carry-adjusted) of
               ///< taps 0 to 3
  };

  /// A weight with kFractionBits fractional bits: toward zero after adding a half away from it.
  static int32_t fixed_point(double weight);

  void compute(Interpolation interpolation, int source_size, int target_size, int first,
               int outputs, Packing packing);

  /// Nothing to do along this axis: same size, all weights would be 1.
  bool identity() const { return identity_; }
  int outputs() const { return static_cast<int>(start_.size()); }
  /// The source pixels that are used: [source_begin, source_end).
  int source_begin() const { return source_begin_; }
  int source_end() const { return source_end_; }
  /// First source pixel of an output, counted from source_begin.
  int start(int output) const { return start_[static_cast<size_t>(output)]; }
  int taps(int output) const { return taps_[static_cast<size_t>(output)]; }
  int groups(int output) const { return (taps(output) + kGroup - 1) / kGroup; }
  int most_groups() const { return most_groups_; }
  /// Packed weights of an output, kWords words a group; zeros up to most_groups().
  const int32_t* packed(int output) const {
    return packed_.data() + static_cast<size_t>(output) * packed_stride_;
  }
  /// The weights before rounding, for 16-bit pictures.
  const double* weights(int output) const {
    return weights_.data() + static_cast<size_t>(output) * weight_stride_;
  }

 private:
  void pack(Packing packing);

  bool identity_ = false;
  int most_groups_ = 0;
  int source_begin_ = 0, source_end_ = 0;
  size_t weight_stride_ = 0, packed_stride_ = 0;
  std::vector<int> start_, taps_;
  std::vector<double> weights_;
  std::vector<int32_t> packed_;
};

/// Pillow's nearest-neighbour source pixel for each output in [first, first + outputs): what it
/// uses for palettes and one bit.
std::vector<int> nearest_sources(int source_size, int target_size, int first, int outputs);

}  // namespace clipwright::data::transform
