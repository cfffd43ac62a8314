#include "losses/terms/token_similarity.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/peak_memory.h"
#include "tests/finite_difference.h"

namespace clipwright::losses::terms {
namespace {

Tensor offsets_of(const std::vector<int32_t>& lengths) {
  std::vector<int32_t> offsets = {0};
  for (const int32_t length : lengths) offsets.push_back(offsets.back() + length);
  return torch::tensor(offsets, torch::kInt32);
}

/// Things of these lengths in random rows; every `step`-th row is kept, the first always.
RowGroups random_things(const std::vector<int32_t>& lengths, int64_t width, int32_t step,
                        torch::ScalarType type = torch::kFloat64) {
  const Tensor offsets = offsets_of(lengths);
  std::vector<int32_t> kept, kept_offsets = {0};
  for (size_t thing = 0; thing < lengths.size(); ++thing) {
    for (int32_t row = 0; row < lengths[thing]; row += step)
      kept.push_back(offsets[static_cast<int64_t>(thing)].item<int32_t>() + row);
    kept_offsets.push_back(static_cast<int32_t>(kept.size()));
  }
  return {torch::randn({offsets[-1].item<int64_t>(), width}, type), offsets,
          torch::tensor(kept, torch::kInt32), torch::tensor(kept_offsets, torch::kInt32)};
}

/// The mean over the rows of a's thing of the largest product with a kept row of b's, number by
/// number.
double by_hand(const RowGroups& a, int64_t thing, const RowGroups& b, int64_t other) {
  const Tensor x = a.rows.to(torch::kFloat64), y = b.rows.to(torch::kFloat64);
  const auto rows = x.accessor<double, 2>(), others = y.accessor<double, 2>();
  const auto begins = a.offsets.accessor<int32_t, 1>(), kept = b.kept.accessor<int32_t, 1>(),
             kept_begins = b.kept_offsets.accessor<int32_t, 1>();
  double sum = 0;
  for (int64_t r = begins[thing]; r < begins[thing + 1]; ++r) {
    double largest = -INFINITY;
    for (int64_t k = kept_begins[other]; k < kept_begins[other + 1]; ++k) {
      double product = 0;
      for (int64_t d = 0; d < x.size(1); ++d) product += rows[r][d] * others[kept[k]][d];
      largest = std::max(largest, product);
    }
    sum += largest;
  }
  return sum / static_cast<double>(begins[thing + 1] - begins[thing]);
}

void expect_by_hand(const RowGroups& a, const RowGroups& b, const std::pair<Tensor, Tensor>& found,
                    double tolerance) {
  for (int64_t i = 0; i + 1 < a.offsets.size(0); ++i) {
    for (int64_t l = 0; l + 1 < b.offsets.size(0); ++l) {
      EXPECT_NEAR(found.first[i][l].item<double>(), by_hand(a, i, b, l), tolerance)
          << i << " " << l;
      EXPECT_NEAR(found.second[i][l].item<double>(), by_hand(b, l, a, i), tolerance)
          << i << " " << l;
    }
  }
}

// Everything kept and nearly everything: both directions from one product. Few rows kept: one each.
constexpr int32_t kSteps[] = {1, 2, 5};

TEST(TokenSimilarity, EqualsItsFormula) {
  torch::manual_seed(1);
  for (const int32_t step : kSteps) {
    const RowGroups a = random_things({5, 1, 3, 8}, 7, step),
                    b = random_things({2, 9, 1, 4, 6}, 7, step);
    expect_by_hand(a, b, token_similarity(a, b), 1e-12);
    expect_by_hand(a, b, token_similarity_by_operations(a, b), 1e-12);
  }
}

TEST(TokenSimilarity, EqualsItsFormulaInSinglePrecision) {
  torch::manual_seed(2);
  for (const int32_t step : kSteps) {
    RowGroups a = random_things({5, 1, 3, 8}, 40, step, torch::kFloat32),
              b = random_things({2, 9, 1, 4, 6}, 40, step, torch::kFloat32);
    for (RowGroups* side : {&a, &b}) side->rows /= side->rows.norm(2, {1}, true);
    const auto found = token_similarity(a, b);
    EXPECT_EQ(found.first.scalar_type(), torch::kFloat32);
    expect_by_hand(a, b, found, 1e-6);
  }
}

TEST(TokenSimilarity, TilesMeetAtWholeThings) {
  // More rows on both sides than a tile has, in things that do not divide one.
  torch::manual_seed(3);
  for (const int32_t step : kSteps) {
    const RowGroups a = random_things(std::vector<int32_t>(25, 31), 3, step),
                    b = random_things(std::vector<int32_t>(31, 43), 3, step);
    expect_by_hand(a, b, token_similarity(a, b), 1e-12);
  }
}

/// A scalar in which each mean has its own weight, so that no two gradients look alike.
Tensor weighted(const std::pair<Tensor, Tensor>& both) {
  const auto weights =
      torch::arange(1.0, 1.0 + static_cast<double>(both.first.numel()), both.first.options())
          .view(both.first.sizes());
  return (both.first * weights.sin()).sum() + (both.second * weights.cos()).sum();
}

TEST(TokenSimilarity, GradientsEqualFiniteDifferences) {
  torch::manual_seed(4);
  for (const int32_t step : kSteps) {
    for (auto* similarity : {&token_similarity, &token_similarity_by_operations}) {
      // 34 wide: whole vectors and what is left of them.
      const RowGroups a = random_things({3, 1, 2}, 34, step), b = random_things({1, 4}, 34, step);
      expect_gradients_match(
          [&](const std::vector<Tensor>& in) {
            RowGroups x = a, y = b;
            x.rows = in[0];
            y.rows = in[1];
            return weighted((*similarity)(x, y));
          },
          {a.rows, b.rows}, 1e-6);
    }
  }
}

/// Value and gradients of one call.
std::vector<Tensor> run(RowGroups a, RowGroups b) {
  a.rows = a.rows.detach().clone().requires_grad_();
  b.rows = b.rows.detach().clone().requires_grad_();
  const Tensor value = weighted(token_similarity(a, b));
  value.backward();
  return {value.detach(), a.rows.grad(), b.rows.grad()};
}

TEST(TokenSimilarity, GradientsOfManyThingsEqualThoseOfOperations) {
  torch::manual_seed(5);
  for (const int32_t step : kSteps) {
    // 260 rows in one thing: numbered in two bytes.
    for (const int32_t longest : {20, 260}) {
      std::vector<int32_t> left(21, 9), right(37, 6);
      right[30] = longest;
      RowGroups a = random_things(left, 16, step), b = random_things(right, 16, step);
      const std::vector<Tensor> found = run(a, b);
      a.rows.requires_grad_();
      b.rows.requires_grad_();
      weighted(token_similarity_by_operations(a, b)).backward();
      EXPECT_LT((found[1] - a.rows.grad()).abs().max().item<double>(), 1e-11);
      EXPECT_LT((found[2] - b.rows.grad()).abs().max().item<double>(), 1e-11);
    }
  }
}

TEST(TokenSimilarity, SinglePrecisionGradientsEqualDoubleOnes) {
  torch::manual_seed(9);
  for (const int32_t step : kSteps) {
    // 70 wide: whole vectors of the narrower type and what is left of them.
    RowGroups a = random_things({9, 4, 17}, 70, step, torch::kFloat32),
              b = random_things({5, 8, 1, 12}, 70, step, torch::kFloat32);
    const std::vector<Tensor> single = run(a, b);
    a.rows = a.rows.to(torch::kFloat64);
    b.rows = b.rows.to(torch::kFloat64);
    const std::vector<Tensor> twice = run(a, b);
    for (size_t i = 1; i < 3; ++i)
      EXPECT_LT((single[i] - twice[i]).abs().max().item<double>(), 1e-4) << step;
  }
}

TEST(TokenSimilarity, IsTheSameForAnyNumberOfThreads) {
  torch::manual_seed(6);
  const int threads = at::get_num_threads();
  for (const int32_t step : kSteps) {
    const RowGroups a = random_things(std::vector<int32_t>(30, 20), 33, step, torch::kFloat32),
                    b = random_things(std::vector<int32_t>(40, 17), 33, step, torch::kFloat32);
    at::set_num_threads(1);
    const std::vector<Tensor> one = run(a, b);
    at::set_num_threads(2);
    const std::vector<Tensor> two = run(a, b);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(two[i])) << i;
  }
  at::set_num_threads(threads);
}

TEST(TokenSimilarity, OfEqualRowsTheFirstHasTheGradient) {
  const Tensor row = torch::tensor({{1.0, 2.0}}, torch::kFloat64);
  for (auto* similarity : {&token_similarity, &token_similarity_by_operations}) {
    RowGroups a = all_kept(torch::cat({row, row, row}).requires_grad_(), offsets_of({3})),
              b = all_kept(torch::cat({row, row}).requires_grad_(), offsets_of({2}));
    (*similarity)(a, b).first.sum().backward();
    EXPECT_TRUE(b.rows.grad()[0].equal(torch::tensor({1.0, 2.0}, torch::kFloat64)));
    EXPECT_TRUE(b.rows.grad()[1].equal(torch::zeros({2}, torch::kFloat64)));
  }
}

TEST(TokenSimilarity, OneDirectionAloneIsTheFirstOfBoth) {
  torch::manual_seed(10);
  for (const int32_t step : kSteps) {
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
      // 260 rows in one thing are more than a byte counts; tiles meet on both sides.
      const RowGroups a = random_things(std::vector<int32_t>(25, 31), 7, step, type),
                      b = random_things({2, 260, 1, 400, 6}, 7, step, type);
      const double tolerance = type == torch::kFloat32 ? 1e-5 : 1e-12;
      const auto same = [&](const Tensor& alone, const Tensor& first) {
        EXPECT_FALSE(alone.requires_grad());
        return torch::allclose(alone, first, tolerance, tolerance);
      };
      EXPECT_TRUE(same(similarity_over_rows(a, b), token_similarity(a, b).first)) << step;
      EXPECT_TRUE(same(similarity_over_rows_by_operations(a, b), token_similarity(a, b).first))
          << step;
      // Where everything is kept, to the bit: scores are the training's.
      if (step == 1) {
        EXPECT_TRUE(similarity_over_rows(a, b).equal(token_similarity(a, b).first));
      }
    }
  }
}

TEST(TokenSimilarity, ANumberThatIsNoneIsNotPassedOver) {
  for (const int64_t place : {0, 2, 4}) {
    torch::manual_seed(7);
    RowGroups a = random_things({4, 3}, 5, 1), b = random_things({5, 2}, 5, 1);
    b.rows[place][1] = std::nan("");
    const auto [over_a, over_b] = token_similarity(a, b);
    EXPECT_TRUE(std::isnan(similarity_over_rows(a, b)[0][0].item<double>())) << place;
    for (int64_t i = 0; i < 2; ++i) {
      EXPECT_TRUE(std::isnan(over_a[i][0].item<double>())) << place;
      EXPECT_TRUE(std::isnan(over_b[i][0].item<double>())) << place;
      EXPECT_TRUE(std::isfinite(over_a[i][1].item<double>()));
    }
  }
}

TEST(TokenSimilarity, NeverHoldsTheSimilaritiesOfAllRows) {
  torch::manual_seed(8);
  RowGroups a = random_things(std::vector<int32_t>(64, 49), 8, 1, torch::kFloat32),
            b = random_things(std::vector<int32_t>(64, 12), 8, 1, torch::kFloat32);
  const int64_t all = a.rows.size(0) * b.rows.size(0) * 4;
  const tensor::PeakMemory peak;
  run(a, b);
  EXPECT_LT(peak.bytes(), all / 10);
  EXPECT_GT(peak.bytes(), a.rows.size(0) * 64);  // the largest rows' numbers are counted
}

}  // namespace
}  // namespace clipwright::losses::terms
