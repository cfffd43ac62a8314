#include "tensor/packed_attention.h"

#include <gtest/gtest.h>

#include "tests/finite_difference.h"

namespace clipwright::tensor {
namespace {

const auto kDouble = torch::TensorOptions().dtype(torch::kFloat64);

/// The definition, one text at a time: softmax of masked scores times values.
Tensor reference(const Tensor& qkv, const Tensor& offsets) {
  std::vector<Tensor> parts;
  for (int64_t n = 0; n + 1 < offsets.size(0); ++n) {
    const int64_t begin = offsets[n].item<int>(), length = offsets[n + 1].item<int>() - begin;
    const Tensor rows = qkv.narrow(0, begin, length).permute({1, 2, 0, 3});  // (3, H, L, D)
    Tensor scores =
        at::matmul(rows[0], rows[1].transpose(1, 2)) / std::sqrt(static_cast<double>(qkv.size(3)));
    scores = scores.masked_fill(torch::ones({length, length}, torch::kBool).triu(1),
                                -std::numeric_limits<double>::infinity());
    parts.push_back(at::matmul(scores.softmax(-1), rows[2]).transpose(0, 1));
  }
  return torch::cat(parts);
}

TEST(PackedAttention, EqualsSoftmaxOverEachTextAlone) {
  torch::manual_seed(1);
  const Tensor offsets = torch::tensor({0, 5, 6, 13, 20}, torch::kInt32);
  const Tensor qkv = torch::randn({20, 3, 4, 16}, kDouble);
  EXPECT_LT(
      (packed_causal_attention(qkv, offsets) - reference(qkv, offsets)).abs().max().item<double>(),
      1e-13);
}

/// What runs elsewhere than on the CPU, asked for here: the same results and gradients.
TEST(PackedAttention, ThePaddedFormEqualsThePackedOne) {
  torch::manual_seed(7);
  const Tensor offsets = torch::tensor({0, 5, 6, 13, 20}, torch::kInt32),
               last = torch::tensor({4, 5, 12, 19});
  const Packing packed(offsets), padded(offsets, torch::kCPU, /*pad=*/true);
  Tensor qkv = torch::randn({20, 3, 4, 16}, kDouble).requires_grad_();
  const auto last_rows = [&](const Tensor& all, const Packing& packing) {
    return packed_last_row_attention(all.select(1, 0).index_select(0, last), all.narrow(1, 1, 2),
                                     packing);
  };
  const auto compare = [&](const Tensor& a, const Tensor& b) {
    EXPECT_LT((a - b).abs().max().item<double>(), 1e-13);
    const Tensor weights = torch::randn(a.sizes(), kDouble);
    const auto gradient = [&](const Tensor& out) {
      qkv.mutable_grad() = Tensor();
      (out * weights).sum().backward();
      return qkv.grad().clone();
    };
    EXPECT_LT((gradient(a) - gradient(b)).abs().max().item<double>(), 1e-12);
  };
  compare(packed_causal_attention(qkv, packed), packed_causal_attention(qkv, padded));
  compare(packed_full_attention(qkv, packed), packed_full_attention(qkv, padded));
  compare(last_rows(qkv, packed), last_rows(qkv, padded));
}

TEST(PackedAttention, FloatResultStaysWithinRounding) {
  torch::manual_seed(2);
  const Tensor offsets = torch::tensor({0, 77, 80}, torch::kInt32);
  const Tensor qkv = 4 * torch::randn({80, 3, 8, 64});
  const Tensor exact = reference(qkv.to(torch::kFloat64), offsets);
  EXPECT_LT((packed_causal_attention(qkv, offsets) - exact).abs().max().item<double>(),
            5e-6 * exact.abs().max().item<double>());
}

TEST(PackedAttention, GradientEqualsFiniteDifferences) {
  torch::manual_seed(3);
  const Tensor offsets = torch::tensor({0, 3, 4, 6}, torch::kInt32),
               weights = torch::randn({6, 2, 3}, kDouble);
  expect_gradients_match(
      [&](const std::vector<Tensor>& in) {
        return (packed_causal_attention(in[0], offsets) * weights).sum();
      },
      {torch::randn({6, 3, 2, 3}, kDouble)});
}

TEST(PackedAttention, LastRowEqualsThatRowOfTheFullResult) {
  torch::manual_seed(4);
  const Tensor offsets = torch::tensor({0, 4, 5, 12}, torch::kInt32),
               last = torch::tensor({3, 4, 11});
  const Tensor qkv = torch::randn({12, 3, 2, 8}, kDouble);
  const Tensor full = packed_causal_attention(qkv, offsets).index_select(0, last);
  const Tensor rows = packed_last_row_attention(qkv.select(1, 0).index_select(0, last),
                                                qkv.narrow(1, 1, 2), offsets);
  EXPECT_LT((rows - full).abs().max().item<double>(), 1e-14);
}

TEST(PackedAttention, LastRowGradientEqualsFiniteDifferences) {
  torch::manual_seed(5);
  const Tensor offsets = torch::tensor({0, 3, 4}, torch::kInt32),
               weights = torch::randn({2, 2, 3}, kDouble);
  expect_gradients_match(
      [&](const std::vector<Tensor>& in) {
        return (packed_last_row_attention(in[0], in[1], offsets) * weights).sum();
      },
      {torch::randn({2, 2, 3}, kDouble), torch::randn({4, 2, 2, 3}, kDouble)});
}

TEST(PackedAttention, ThreadsDoNotChangeTheResult) {
  torch::manual_seed(6);
  const Tensor offsets = torch::tensor({0, 9, 30, 41}, torch::kInt32),
               qkv = torch::randn({41, 3, 8, 32});
  at::set_num_threads(1);
  const Tensor one = packed_causal_attention(qkv, offsets);
  at::set_num_threads(2);
  EXPECT_TRUE(torch::equal(one, packed_causal_attention(qkv, offsets)));
}

}  // namespace
}  // namespace clipwright::tensor
