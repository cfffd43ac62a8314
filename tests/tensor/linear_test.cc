#include "tensor/linear.h"

#include <gtest/gtest.h>

#include "tensor/gemm.h"
#include "tests/finite_difference.h"

namespace clipwright::tensor {
namespace {

// Gradients of the float32 path against float64 autograd: what a training step sees.
void expect_like_double(const std::function<Tensor(const std::vector<Tensor>&)>& ours,
                        const std::function<Tensor(const std::vector<Tensor>&)>& definition,
                        const std::vector<Tensor>& inputs) {
  std::vector<Tensor> single, wide;
  for (const Tensor& input : inputs) {
    single.push_back(input.detach().clone().set_requires_grad(true));
    wide.push_back(input.detach().to(torch::kFloat64).set_requires_grad(true));
  }
  const Tensor got = ours(single), expected = definition(wide);
  ASSERT_EQ(got.sizes(), expected.sizes());
  const double size = expected.abs().max().item<double>();
  EXPECT_LT((got - expected).abs().max().item<double>(), 2e-6 * size);
  const Tensor direction = torch::randn(got.sizes());
  (got * direction).sum().backward();
  (expected * direction.to(torch::kFloat64)).sum().backward();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const double scale = wide[i].grad().abs().max().item<double>();
    EXPECT_LT((single[i].grad() - wide[i].grad()).abs().max().item<double>(), 3e-6 * scale)
        << "input " << i;
  }
}

TEST(Linear, ValueAndGradientsEqualTheDefinition) {
  torch::manual_seed(1);
  expect_like_double([](const auto& in) { return linear_layer(in[0], in[1], in[2]); },
                     [](const auto& in) { return at::matmul(in[0], in[1].t()) + in[2]; },
                     {torch::randn({37, 48}), torch::randn({65, 48}), torch::randn({65})});
}

TEST(Linear, WithoutBiasAndOfAPartOfAWeight) {
  torch::manual_seed(2);
  expect_like_double([](const auto& in) { return linear_layer(in[0], in[1].narrow(0, 8, 16), {}); },
                     [](const auto& in) { return at::matmul(in[0], in[1].narrow(0, 8, 16).t()); },
                     {torch::randn({5, 12}), torch::randn({24, 12})});
}

TEST(Linear, OfStridedRows) {
  torch::manual_seed(3);
  const auto rows = [](const Tensor& x) { return x.view({4, 3, 8}).select(1, 0); };
  expect_like_double([&](const auto& in) { return linear_layer(rows(in[0]), in[1], {}); },
                     [&](const auto& in) { return at::matmul(rows(in[0]), in[1].t()); },
                     {torch::randn({12, 8}), torch::randn({6, 8})});
}

TEST(MatrixProduct, ValueAndGradientsEqualTheDefinition) {
  torch::manual_seed(4);
  expect_like_double([](const auto& in) { return matrix_product(in[0], in[1].t()); },
                     [](const auto& in) { return at::matmul(in[0], in[1].t()); },
                     {torch::randn({9, 33}), torch::randn({7, 33})});
}

TEST(QuickGelu, GradientEqualsFiniteDifferences) {
  expect_gradients_match([](const std::vector<Tensor>& in) { return quick_gelu(in[0]).sum(); },
                         {torch::linspace(-6, 6, 25, torch::kFloat64)});
  EXPECT_NEAR(quick_gelu(torch::tensor(1.5, torch::kFloat64)).item<double>(),
              1.5 / (1 + std::exp(-1.702 * 1.5)), 1e-15);
}

}  // namespace
}  // namespace clipwright::tensor
