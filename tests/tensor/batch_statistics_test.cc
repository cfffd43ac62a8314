#include "tensor/batch_statistics.h"

#include <gtest/gtest.h>

namespace clipwright::tensor {
namespace {

TEST(BatchStatistics, PartsOfAnySizeJoinToThoseOfAllValues) {
  torch::manual_seed(3);
  const Tensor values = torch::randn({37, 5}, torch::kDouble) * 3 + 100;  // (N, C)
  BatchStatistics seen;
  int64_t first = 0;
  for (const int64_t count : {2, 11, 20, 4}) {
    const Tensor part = values.narrow(0, first, count);
    seen.add(1, count, part.mean(0), part.var(0, /*unbiased=*/true));
    first += count;
  }
  ASSERT_EQ(first, 37);
  const BatchStatistics::Layer& layer = seen.layers()[1];
  EXPECT_EQ(layer.count, 37);
  EXPECT_TRUE(torch::allclose(layer.mean, values.mean(0), 1e-12, 0));
  EXPECT_TRUE(torch::allclose(layer.variance, values.var(0, /*unbiased=*/true), 1e-12, 0));
}

TEST(BatchStatistics, OnePartIsKeptBitForBit) {
  const Tensor mean = torch::randn({5}), variance = torch::rand({5});
  BatchStatistics seen;
  seen.add(0, 8, mean, variance);
  EXPECT_TRUE(torch::equal(seen.layers()[0].mean, mean));
  EXPECT_TRUE(torch::equal(seen.layers()[0].variance, variance));
}

}  // namespace
}  // namespace clipwright::tensor
