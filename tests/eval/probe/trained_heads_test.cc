#include "eval/probe/trained_heads.h"

#include <gtest/gtest.h>

#include "tensor/device.h"
#include "tests/eval/probe/golden_probe.h"

namespace clipwright::eval::probe {
namespace {

FeatureSet wine() {
  const GoldenSet set = golden_set("wine", "float32");
  return join(join(set.train, set.validation), set.test);
}

double accuracy(const LinearHead& head, const FeatureSet& set) {
  return score_head(head, set.rows, set.labels, set.labels).acc1;
}

TEST(TrainedHeads, AdamWTakesTorchsSteps) {
  const FeatureSet set = wine();
  // All rows in one batch, from zero: neither order nor draws matter.
  const LinearHead head =
      train_adamw(set.rows, set.labels, torch::zeros({3, 14}),
                  {.epochs = 12, .lr = 0.1, .batch_size = 1000, .weight_decay = 0.05});
  const NpyArray golden = read_npy(kGoldenProbe / "adamw_wine.npy");
  const auto expected = golden.values<float>();
  for (int64_t k = 0; k < 3; ++k) {
    for (int64_t d = 0; d < 13; ++d)
      EXPECT_NEAR(head.weight[k][d].item<double>(), expected[static_cast<size_t>(k * 14 + d)],
                  1e-5);
    EXPECT_NEAR(head.bias[k].item<double>(), expected[static_cast<size_t>(k * 14 + 13)], 1e-5);
  }
}

TEST(TrainedHeads, AdamWIsTheSameForTheSameSeedAndAnyThreads) {
  const FeatureSet set = wine();
  const auto train = [&](uint64_t seed) {
    return train_adamw(set.rows, set.labels, uniform_start(3, 13, seed),
                       {.epochs = 5, .batch_size = 50, .seed = seed});
  };
  const LinearHead first = train(1);
  tensor::set_compute_threads(1);
  const LinearHead again = train(1);
  tensor::set_compute_threads(0);
  EXPECT_TRUE(at::allclose(first.weight, again.weight, 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(first.weight, train(2).weight, 1e-3, 1e-4));
  EXPECT_GT(accuracy(first, set), 0.95);
}

TEST(TrainedHeads, StartsAsTorchsLinearLayer) {
  const Tensor start = uniform_start(100, 64, 3);
  EXPECT_LE(start.abs().max().item<float>(), 1.0F / 8);
  EXPECT_NEAR(start.mean().item<float>(), 0, 0.003);
  EXPECT_NEAR(start.std().item<float>(), 1.0F / 8 / std::sqrt(3.0F), 0.003);
}

TEST(TrainedHeads, SgdTrainsAHeadForEachRate) {
  const FeatureSet set = wine();
  const SgdOptions options{.epochs = 40, .base_lrs = {1e-6, 0.5, 5}, .batch_size = 60};
  const std::vector<LinearHead> heads = train_sgd(set.rows, set.labels, 3, options);
  ASSERT_EQ(heads.size(), 3U);
  EXPECT_LT(heads[0].weight.abs().max().item<double>(), 0.06) << "hardly moved from its start";
  EXPECT_GT(accuracy(heads[1], set), 0.95);
  // A head does not know of the others beside it, but for its draw.
  const std::vector<LinearHead> alone =
      train_sgd(set.rows, set.labels, 3, {.epochs = 40, .base_lrs = {1e-6}, .batch_size = 60});
  EXPECT_TRUE(at::allclose(alone[0].weight, heads[0].weight, 1e-4, 1e-6));
}

TEST(TrainedHeads, OneSgdStepIsTheFormula) {
  torch::manual_seed(1);
  const Tensor rows = torch::randn({6, 4});
  const std::vector<int64_t> classes = {0, 1, 2, 0, 1, 2};
  const SgdOptions options{.epochs = 1, .base_lrs = {2}, .batch_size = 256};
  SgdOptions none = options;
  none.base_lrs = {1e-30};
  const LinearHead start = train_sgd(rows, classes, 3, none)[0],
                   moved = train_sgd(rows, classes, 3, options)[0];
  Tensor residual = at::softmax(start.scores(rows), 1) -
                    at::one_hot(torch::tensor(classes, torch::kInt64), 3).to(torch::kFloat64);
  residual /= 6;
  // Peak rate: base * batch / 256, and a batch is at most the set.
  const Tensor expected = start.weight - 2 * 6.0 / 256 * residual.t().mm(rows.to(torch::kFloat64));
  EXPECT_TRUE(at::allclose(moved.weight, expected, 1e-5, 1e-6));
}

TEST(TrainedHeads, BatchNormMakesScaleIrrelevant) {
  FeatureSet set = wine();
  const SgdOptions options{.epochs = 60, .base_lrs = {0.5}, .batch_size = 60, .batch_norm = true};
  const LinearHead plain = train_sgd(set.rows, set.labels, 3, options)[0];
  FeatureSet scaled = set;
  scaled.rows = set.rows * 1000 + 5;
  const LinearHead of_scaled = train_sgd(scaled.rows, set.labels, 3, options)[0];
  EXPECT_GT(accuracy(plain, set), 0.95);
  EXPECT_NEAR(accuracy(of_scaled, scaled), accuracy(plain, set), 0.02);
}

}  // namespace
}  // namespace clipwright::eval::probe
