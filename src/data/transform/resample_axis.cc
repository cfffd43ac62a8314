#include "data/transform/resample_axis.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace clipwright::data::transform {
namespace {

double support_of(Interpolation interpolation) {
  return interpolation == Interpolation::kBicubic ? 2.0 : 1.0;
}

/// Keys' cubic with a = -0.5, operations in Pillow's order so that the last bit agrees.
inline double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  const double near = ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  const double far = (((x - 5.0) * x + 8.0) * x - 4.0) * kA;
  return x < 1.0 ? near : x < 2.0 ? far : 0.0;
}

inline double bilinear(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

}  // namespace

int32_t ResampleAxis::fixed_point(double weight) {
  const double scaled = weight * (1 << kFractionBits);
  return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + scaled);
}

void ResampleAxis::compute(Interpolation interpolation, int source_size, int target_size, int first,
                           int outputs, Packing packing) {
  identity_ = source_size == target_size;
  const double scale = static_cast<double>(static_cast<float>(source_size)) / target_size;
  const double stretch = std::max(scale, 1.0);
  const double support = support_of(interpolation) * stretch;
  const double inverse = 1.0 / stretch;
  weight_stride_ = (static_cast<size_t>(std::ceil(support)) * 2 + 1 + kGroup - 1) / kGroup * kGroup;
  start_.resize(static_cast<size_t>(outputs));
  taps_.resize(static_cast<size_t>(outputs));
  weights_.resize(static_cast<size_t>(outputs) * weight_stride_);
  for (int i = 0; i < outputs; ++i) {
    if (identity_) {
      // The kernel is zero at its neighbours; with one tap a window of a window stays where it is.
      double* weight = weights_.data() + static_cast<size_t>(i) * weight_stride_;
      std::fill(weight, weight + weight_stride_, 0.0);
      weight[0] = 1.0;
      start_[static_cast<size_t>(i)] = first + i;
      taps_[static_cast<size_t>(i)] = 1;
      continue;
    }
    const double center = (first + i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(center - support + 0.5));
    const int end = std::min(source_size, static_cast<int>(center + support + 0.5));
    const int taps = end - begin;
    double* weight = weights_.data() + static_cast<size_t>(i) * weight_stride_;
    // Separate loops: the first and the last are vectorised, the sum must stay in order.
    if (interpolation == Interpolation::kBicubic) {
      for (int x = 0; x < taps; ++x) weight[x] = bicubic((x + begin - center + 0.5) * inverse);
    } else {
      for (int x = 0; x < taps; ++x) weight[x] = bilinear((x + begin - center + 0.5) * inverse);
    }
    double sum = 0.0;
    for (int x = 0; x < taps; ++x) sum += weight[x];
    if (sum != 0.0) {
      for (int x = 0; x < taps; ++x) weight[x] /= sum;
    }
    std::fill(weight + taps, weight + weight_stride_, 0.0);
    start_[static_cast<size_t>(i)] = begin;
    taps_[static_cast<size_t>(i)] = taps;
  }
  source_begin_ = start_.front();
  source_end_ = start_.back() + taps_.back();
  most_groups_ = (*std::max_element(taps_.begin(), taps_.end()) + kGroup - 1) / kGroup;
  for (int& start : start_) start -= source_begin_;
  pack(packing);
}

void ResampleAxis::pack(Packing packing) {
  packed_stride_ = weight_stride_ / kGroup * kWords;
  packed_.resize(start_.size() * packed_stride_);
  for (size_t i = 0; i < start_.size(); ++i) {
    const double* weight = weights_.data() + i * weight_stride_;
    int32_t* words = packed_.data() + i * packed_stride_;
    for (size_t x = 0; x < weight_stride_; x += kGroup, words += kWords) {
      std::array<int32_t, 4> w;
      for (size_t k = 0; k < 4; ++k) w[k] = fixed_point(weight[x + k]);
      if (packing == Packing::kSplit11) {
        for (size_t pair = 0; pair < 2; ++pair) {
          const auto a = static_cast<uint32_t>(w[2 * pair]),
                     b = static_cast<uint32_t>(w[2 * pair + 1]);
          words[pair] = static_cast<int32_t>((static_cast<uint32_t>(w[2 * pair] >> 11) & 0xFFFF) |
                                             static_cast<uint32_t>(w[2 * pair + 1] >> 11) << 16);
          words[2 + pair] = static_cast<int32_t>((a & 0x7FF) | (b & 0x7FF) << 16);
        }
      } else {
        std::array<uint32_t, 3> part{};
        for (size_t k = 0; k < 4; ++k) {
          // Signed digits to base 256: each rounding carries into the digit above.
          const int32_t low = static_cast<int8_t>(w[k]);
          const int32_t rest = (w[k] - low) >> 8;
          const int32_t middle = static_cast<int8_t>(rest);
          const int32_t high = (rest - middle) >> 8;
          part[0] |= (static_cast<uint32_t>(high) & 0xFF) << (8 * k);
          part[1] |= (static_cast<uint32_t>(middle) & 0xFF) << (8 * k);
          part[2] |= (static_cast<uint32_t>(low) & 0xFF) << (8 * k);
        }
        for (size_t k = 0; k < 3; ++k) words[k] = static_cast<int32_t>(part[k]);
        words[3] = 0;
      }
    }
  }
}

std::vector<int> nearest_sources(int source_size, int target_size, int first, int outputs) {
  const double step = static_cast<double>(static_cast<float>(source_size)) / target_size;
  std::vector<int> sources;
  // The position is a running sum, as in Pillow, so it has to start at zero whatever `first` is.
  double position = step * 0.5;
  for (int i = 0; i < first + outputs; ++i, position += step) {
    if (i >= first) sources.push_back(std::min(source_size - 1, static_cast<int>(position)));
  }
  return sources;
}

}  // namespace clipwright::data::transform
