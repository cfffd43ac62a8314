#include "language/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "language/kernel_probe.h"

namespace clipwright::language {
namespace {

TEST(ProbeDistance, IsAFractionOfTheLogitsSpread) {
  const std::vector<float> reference = {1, -1, 2, -2, 3, -3};  // three steps of two logits
  EXPECT_EQ(probe_distance(reference, reference), 0);
  EXPECT_NEAR(probe_distance({1.1F, -0.9F, 2, -2, 3, -3}, reference), 0.1, 1e-6);
  EXPECT_GT(probe_distance({1, -1, 2, -2, -3, 3}, reference), 1.9);
  constexpr double kFar = std::numeric_limits<double>::infinity();
  EXPECT_EQ(probe_distance({1, -1, 2, -2, 3, NAN}, reference), kFar);
  EXPECT_EQ(probe_distance({1, -1, 2, -2, 3}, reference), kFar);
  EXPECT_EQ(probe_distance({1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}), kFar);  // all logits alike
}

TEST(LlamaKernels, ThePlainOnesRunHereAndTheirModuleIsThere) {
  const std::vector<KernelVariant> variants = llama_kernels();
  ASSERT_EQ(variants.size(), 4U);
  EXPECT_EQ(variants.back().name, "avx2");
  EXPECT_EQ(variants.back().lacks, "");
}

TEST(LlamaKernels, TheProbeKnowsEnglish) {
  const std::vector<float> logits = probe_language_model(CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL);
  EXPECT_EQ(probe_distance(logits, logits), 0) << "finite, and not all alike";
}

}  // namespace
}  // namespace clipwright::language
