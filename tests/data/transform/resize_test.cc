#include "data/transform/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.h"

namespace clipwright::data::transform {
namespace {

/// The definition: round(sum of byte x weight / 2^22), clamped.
uint8_t weighted(const ResampleAxis& axis, int output, const std::vector<uint8_t>& line) {
  int64_t sum = int64_t{1} << 21;
  for (int i = 0; i < axis.taps(output); ++i) {
    const double exact = axis.weights(output)[i] * (1 << 22);
    sum += line[static_cast<size_t>(axis.start(output) + i)] *
           static_cast<int64_t>(std::trunc(exact + (exact < 0 ? -0.5 : 0.5)));
  }
  return static_cast<uint8_t>(std::clamp<int64_t>(sum >> 22, 0, 255));
}

struct Case {
  Interpolation interpolation;
  int source, target, first, outputs;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  Random random(5, "resize", 0, uint64_t{0});
  for (int i = 0; i < 40; ++i) {
    const int source = 1 + static_cast<int>(random.below(i < 30 ? 300 : 3000)),
              target = 1 + static_cast<int>(random.below(260));
    const int first = static_cast<int>(random.below(static_cast<uint64_t>(target)));
    const int outputs = 1 + static_cast<int>(random.below(static_cast<uint64_t>(target - first)));
    all.push_back({i % 2 == 0 ? Interpolation::kBicubic : Interpolation::kBilinear, source, target,
                   first, outputs});
  }
  return all;
}

void expect_definition(const ResizeKernels& kernels) {
  Random random(6, "pixels", 0, uint64_t{0});
  for (const Case& c : cases()) {
    ResampleAxis axis;
    axis.compute(c.interpolation, c.source, c.target, c.first, c.outputs, kernels.packing);
    const int used = axis.source_end() - axis.source_begin(), others = 7;
    // Black and white only, in part: the largest overshoot that clamping has to catch.
    const auto byte = [&](bool extreme) {
      return static_cast<uint8_t>(extreme ? 255 * random.below(2) : random.below(256));
    };

    const size_t stride = static_cast<size_t>(used) * 4;
    std::vector<uint8_t> source(stride * others + 256),
        target(static_cast<size_t>(axis.outputs() + 15) / 16 * 64 * others);
    for (size_t i = 0; i < source.size(); ++i) source[i] = byte(i / stride % 2 == 0);
    const size_t target_stride = target.size() / others;
    kernels.horizontal(source.data(), stride, others, axis, target.data(), target_stride);
    for (int y = 0; y < others; ++y) {
      for (size_t channel = 0; channel < 4; ++channel) {
        std::vector<uint8_t> line;
        for (int x = 0; x < used; ++x)
          line.push_back(
              source[static_cast<size_t>(y) * stride + 4 * static_cast<size_t>(x) + channel]);
        for (int x = 0; x < axis.outputs(); ++x) {
          ASSERT_EQ(
              target[static_cast<size_t>(y) * target_stride + 4 * static_cast<size_t>(x) + channel],
              weighted(axis, x, line))
              << c.source << " to " << c.target << ", column " << x;
        }
      }
    }

    std::vector<uint8_t> rows(static_cast<size_t>(used) * 64),
        down(static_cast<size_t>(axis.outputs()) * 64);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = byte(i % 64 < 20);
    kernels.vertical(rows.data(), 64, 64, axis, down.data(), 64);
    for (size_t x = 0; x < 64; ++x) {
      std::vector<uint8_t> line;
      for (int y = 0; y < used; ++y) line.push_back(rows[static_cast<size_t>(y) * 64 + x]);
      for (int y = 0; y < axis.outputs(); ++y) {
        ASSERT_EQ(down[static_cast<size_t>(y) * 64 + x], weighted(axis, y, line))
            << c.source << " to " << c.target << ", row " << y;
      }
    }
  }
}

TEST(Resize, PlainEqualsTheDefinition) { expect_definition(resize_kernels_plain()); }

TEST(Resize, Avx2EqualsTheDefinition) { expect_definition(resize_kernels_avx2()); }

TEST(Resize, Avx512EqualsTheDefinition) {
  if (resize_kernels_avx512() == nullptr)
    GTEST_SKIP() << "this processor has no AVX-512 VBMI and VNNI";
  expect_definition(*resize_kernels_avx512());
}

TEST(Resize, TheProbeIsTheSameForAllAndTellsAWrongOneApart) {
  const std::vector<uint8_t> plain = probe_resize(resize_kernels_plain());
  int ran = 0;
  for (const KernelVariant& variant : resize_variants()) {
    if (!variant.lacks.empty()) continue;
    ++ran;
    EXPECT_EQ(probe_resize(resize_kernels_named(variant.name)), plain) << variant.name;
  }
  EXPECT_GE(ran, 2);
  ResizeKernels wrong = resize_kernels_plain();
  wrong.vertical = [](const uint8_t* source, size_t stride, size_t row_bytes,
                      const ResampleAxis& axis, uint8_t* target, size_t target_stride) {
    resize_kernels_plain().vertical(source, stride, row_bytes, axis, target, target_stride);
    target[row_bytes - 1] ^= 1;
  };
  EXPECT_NE(probe_resize(wrong), plain);
}

TEST(ResampleAxis, WeightsSumToOneAndStayInside) {
  for (const Case& c : cases()) {
    ResampleAxis axis;
    axis.compute(c.interpolation, c.source, c.target, c.first, c.outputs,
                 ResampleAxis::Packing::kSplit11);
    EXPECT_GE(axis.source_begin(), 0);
    EXPECT_LE(axis.source_end(), c.source);
    for (int i = 0; i < axis.outputs(); ++i) {
      double sum = 0;
      for (int k = 0; k < axis.taps(i); ++k) sum += axis.weights(i)[k];
      EXPECT_NEAR(sum, 1.0, 1e-12);
      EXPECT_LE(axis.source_begin() + axis.start(i) + axis.taps(i), axis.source_end());
    }
  }
}

TEST(ResampleAxis, HalvingWithBilinearIsTheTentOfFourPixels) {
  // The tent of half-width 2 source pixels, sampled at -1.5, -0.5, 0.5, 1.5: 1/8, 3/8, 3/8, 1/8.
  ResampleAxis axis;
  axis.compute(Interpolation::kBilinear, 8, 4, 1, 1, ResampleAxis::Packing::kSplit11);
  ASSERT_EQ(axis.taps(0), 4);
  EXPECT_EQ(axis.source_begin(), 1);
  EXPECT_DOUBLE_EQ(axis.weights(0)[0], 0.125);
  EXPECT_DOUBLE_EQ(axis.weights(0)[1], 0.375);
  EXPECT_DOUBLE_EQ(axis.weights(0)[3], 0.125);
}

TEST(NearestSources, TakesThePixelUnderTheCentre) {
  EXPECT_EQ(nearest_sources(10, 4, 0, 4), (std::vector<int>{1, 3, 6, 8}));
  EXPECT_EQ(nearest_sources(10, 4, 2, 2), (std::vector<int>{6, 8}));
  EXPECT_EQ(nearest_sources(2, 4, 0, 4), (std::vector<int>{0, 0, 1, 1}));
}

}  // namespace
}  // namespace clipwright::data::transform
