#include <array>

#include "core/error.h"
#include "core/log.h"
#include "data/transform/resize.h"

namespace clipwright::data::transform {

std::vector<KernelVariant> resize_variants() {
  return {{"avx512", missing_instructions("avx512f avx512bw avx512vl avx512vbmi avx512vnni")},
          {"avx2", missing_instructions("avx2")},
          {"plain", ""}};
}

const ResizeKernels& resize_kernels_named(const std::string& variant) {
  if (variant == "avx512" && resize_kernels_avx512() != nullptr) return *resize_kernels_avx512();
  if (variant == "avx2") return resize_kernels_avx2();
  CW_CHECK(variant == "plain", "no such resize kernels here: " + variant);
  return resize_kernels_plain();
}

const KernelChoice& resize_choice() {
  static const KernelChoice choice = [] {
    KernelChoice chosen = choose_kernels(kResizeVariable, resize_variants());
    if (chosen.avoided)
      log_warning("pictures are resized by " + chosen.variant + " kernels, since " + chosen.reason);
    return chosen;
  }();
  return choice;
}

const ResizeKernels& resize_kernels() {
  static const ResizeKernels& kernels = resize_kernels_named(resize_choice().variant);
  return kernels;
}

std::vector<uint8_t> probe_resize(const ResizeKernels& kernels) {
  // Bicubic weights below zero and both extremes of a byte: sums that have to be clamped.
  struct Case {
    Interpolation interpolation;
    int source, target;
  };
  constexpr std::array<Case, 4> kCases = {{{Interpolation::kBicubic, 301, 97},
                                           {Interpolation::kBicubic, 29, 64},
                                           {Interpolation::kBilinear, 513, 48},
                                           {Interpolation::kBilinear, 40, 41}}};
  constexpr int kRows = 7;
  constexpr size_t kSpare = 256;  // kernels may read and write past a row
  std::vector<uint8_t> all;
  for (const Case& c : kCases) {
    ResampleAxis axis;
    axis.compute(c.interpolation, c.source, c.target, 0, c.target, kernels.packing);
    const auto source_size = static_cast<size_t>(c.source),
               target_size = static_cast<size_t>(c.target);
    std::vector<uint8_t> source(source_size * 64 * kRows + kSpare);
    uint32_t state = 1;
    for (size_t i = 0; i < source.size(); ++i) {
      state = state * 1664525U + 1013904223U;
      source[i] = static_cast<uint8_t>(i / 128 % 2 == 0 ? state >> 24 : 255U * (state >> 31));
    }
    const size_t across = source_size * 4, out = (target_size + 15) / 16 * 64;
    std::vector<uint8_t> wide(out * kRows + kSpare);
    kernels.horizontal(source.data(), across, kRows, axis, wide.data(), out);
    for (size_t y = 0; y < kRows; ++y)
      all.insert(all.end(), wide.data() + y * out, wide.data() + y * out + target_size * 4);
    std::vector<uint8_t> down(target_size * 64 + kSpare);
    kernels.vertical(source.data(), 64, 64, axis, down.data(), 64);
    all.insert(all.end(), down.data(), down.data() + target_size * 64);
  }
  return all;
}

}  // namespace clipwright::data::transform
