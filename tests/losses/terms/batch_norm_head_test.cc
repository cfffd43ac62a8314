#include "losses/terms/batch_norm_head.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "losses/drawing.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

double distance(const Tensor& a, const Tensor& b) {
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}
Tensor tensor_of(const by_hand::Matrix& rows) {
  std::vector<Tensor> all;
  for (const by_hand::Vector& row : rows) all.push_back(torch::tensor(row, kDouble));
  return torch::stack(all);
}

struct Normed {
  Tensor rows, weight, bias;
};
Normed random_norm(int64_t count, int64_t width) {
  return {3 * random_rows(count, width) + 1, torch::rand({width}, kDouble) + 0.5,
          torch::randn({width}, kDouble)};
}

TEST(BatchNormRows, EqualsItsFormula) {
  torch::manual_seed(1);
  const auto [rows, weight, bias] = random_norm(7, 5);
  by_hand::Matrix expected = by_hand::matrix(rows);
  by_hand::batch_norm(expected, 0, 7, by_hand::vector(weight), by_hand::vector(bias));
  EXPECT_LT(distance(batch_norm_rows(rows, weight, bias), tensor_of(expected)), 1e-10);
  EXPECT_LT(
      distance(batch_norm_rows(single(rows), single(weight), single(bias)), tensor_of(expected)),
      1e-5);
}

TEST(BatchNormRows, NormalisesGroupsAloneAndALoneRowWithItsNeighbours) {
  torch::manual_seed(2);
  struct Case {
    int64_t rows, group;
    std::vector<size_t> starts;
  };
  const Case cases[] = {{8, 4, {0, 4, 8}}, {10, 4, {0, 4, 8, 10}}, {9, 4, {0, 4, 9}},
                        {5, 4, {0, 5}},    {3, 4, {0, 3}},         {4, 4, {0, 4}},
                        {5, 2, {0, 2, 5}}, {8, 0, {0, 8}}};
  for (const Case& c : cases) {
    const auto [rows, weight, bias] = random_norm(c.rows, 3);
    by_hand::Matrix expected = by_hand::matrix(rows);
    for (size_t i = 0; i + 1 < c.starts.size(); ++i)
      by_hand::batch_norm(expected, c.starts[i], c.starts[i + 1], by_hand::vector(weight),
                          by_hand::vector(bias));
    EXPECT_LT(distance(batch_norm_rows(rows, weight, bias, c.group), tensor_of(expected)), 1e-10)
        << c.rows << " rows in groups of " << c.group;
  }
}

TEST(BatchNormRows, TellsTheMeanAndTheUnbiasedVariance) {
  torch::manual_seed(3);
  const auto [rows, weight, bias] = random_norm(6, 4);
  RowMoments moments;
  batch_norm_rows(rows, weight, bias, 0, &moments);
  EXPECT_LT(distance(moments.mean, rows.mean(0)), 1e-12);
  EXPECT_LT(distance(moments.variance, (rows - rows.mean(0)).square().sum(0) / 5), 1e-12);

  const Tensor first = rows.narrow(0, 0, 3), second = rows.narrow(0, 3, 3);
  batch_norm_rows(rows, weight, bias, 3, &moments);
  EXPECT_LT(distance(moments.mean, rows.mean(0)), 1e-12);
  EXPECT_LT(distance(moments.variance, ((first - first.mean(0)).square().sum(0) / 2 +
                                        (second - second.mean(0)).square().sum(0) / 2) /
                                           2),
            1e-12);
}

TEST(BatchNormRows, OfASingleRowIsTheBias) {
  torch::manual_seed(4);
  const auto [rows, weight, bias] = random_norm(1, 4);
  RowMoments moments;
  EXPECT_LT(distance(batch_norm_rows(rows, weight, bias, 0, &moments)[0], bias), 1e-12);
  EXPECT_FALSE(moments.mean.defined());
}

TEST(BatchNormRows, GradientsEqualFiniteDifferences) {
  torch::manual_seed(5);
  for (const int64_t group : {0, 2, 3}) {
    const auto [rows, weight, bias] = random_norm(6, 3);
    const Tensor probe = random_rows(6, 3);
    expect_gradients_match(
        [&](const std::vector<Tensor>& in) {
          return (batch_norm_rows(in[0], in[1], in[2], group) * probe).sum();
        },
        {rows, weight, bias});
  }
}

TEST(BatchNormRows, DoesNotDependOnTheNumberOfThreads) {
  torch::manual_seed(6);
  const auto [rows, weight, bias] = random_norm(301, 203);
  const Tensor probe = single(random_rows(301, 203));
  const auto results = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    std::vector<Tensor> all;
    for (const int64_t group : {0, 100}) {
      std::vector<Tensor> leaves = {single(rows), single(weight), single(bias)};
      for (Tensor& leaf : leaves) leaf.set_requires_grad(true);
      RowMoments moments;
      const Tensor out = batch_norm_rows(leaves[0], leaves[1], leaves[2], group, &moments);
      out.backward(probe);
      all.insert(all.end(), {out.detach(), moments.mean, moments.variance});
      for (const Tensor& leaf : leaves) all.push_back(leaf.grad());
    }
    at::set_num_threads(before);
    return all;
  };
  const std::vector<Tensor> one = results(1), three = results(3), four = results(4);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(torch::equal(one[i], three[i])) << "result " << i;
    EXPECT_TRUE(torch::equal(one[i], four[i])) << "result " << i;
  }
}

TEST(HeadRows, EqualsItsFormula) {
  torch::manual_seed(7);
  const Tensor rows = random_rows(6, 4);
  for (const size_t norms : {0, 1, 2, 3}) {
    const std::vector<HeadLayer> layers = random_head({4, 6, 5, 3}, norms);
    const Tensor expected = tensor_of(by_hand::head(by_hand::matrix(rows), layers));
    EXPECT_LT(distance(head_rows(rows, layers), expected), 1e-10) << norms << " norms";
    EXPECT_LT(distance(head_rows(single(rows), single(layers)), expected), 2e-5);
  }
}

/// A head outside of a term.
struct Owned {
  std::map<std::string, Tensor> parameters, buffers;
  std::map<std::string, std::string> cancelled;

  BatchNormHead head(const HeadPlan& plan, uint64_t seed = 5) {
    return {plan,
            {.term = "test",
             .seed = seed,
             .add_parameter =
                 [this](const std::string& name, const Tensor& value, const std::string& reason) {
                   if (!reason.empty()) cancelled[name] = reason;
                   return parameters[name] = value.set_requires_grad(true);
                 },
             .add_buffer = [this](const std::string& name, const Tensor& value,
                                  const tensor::FindFlaw&) { return buffers[name] = value; }}};
  }
};

TEST(BatchNormHead, NamesAndDrawsItsTensors) {
  Owned owned, again, other;
  const HeadPlan plan = {.name = "head", .widths = {16, 400, 3}, .norms = 1};
  owned.head(plan);
  again.head(plan);
  other.head(plan, 6);
  std::vector<std::string> names;
  for (const auto& [name, value] : owned.parameters) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"head.0.bias", "head.0.weight", "head.1.bias",
                                      "head.1.weight", "head.norm.0.bias", "head.norm.0.weight"}));
  names.clear();
  for (const auto& [name, value] : owned.buffers) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"head.norm.0.num_batches_tracked", "head.norm.0.running_mean",
                                      "head.norm.0.running_var"}));
  EXPECT_EQ(owned.cancelled.size(), 1U);
  EXPECT_EQ(owned.cancelled.count("head.0.bias"), 1U);
  EXPECT_EQ(owned.buffers["head.norm.0.num_batches_tracked"].scalar_type(), torch::kInt64);

  const Tensor& weight = owned.parameters["head.0.weight"];
  EXPECT_LE(weight.abs().max().item<double>(), 0.25);  // 1 / sqrt(16)
  EXPECT_GT(weight.abs().max().item<double>(), 0.24);
  EXPECT_LE(owned.parameters["head.1.bias"].abs().max().item<double>(), 0.05);  // 1 / sqrt(400)
  EXPECT_TRUE(torch::equal(weight, drawn_uniform({400, 16}, 0.25, 5, "test.head.0.weight")));
  EXPECT_TRUE(torch::equal(weight, again.parameters["head.0.weight"]));
  EXPECT_FALSE(torch::equal(weight, other.parameters["head.0.weight"]));
  EXPECT_TRUE(owned.parameters["head.norm.0.weight"].eq(1).all().item<bool>());
  EXPECT_TRUE(owned.parameters["head.norm.0.bias"].eq(0).all().item<bool>());
}

TEST(BatchNormHead, MovesItsStatisticsOnceAPassAndOnlyAtTheEndOfAStep) {
  torch::manual_seed(8);
  Owned owned;
  BatchNormHead head = owned.head({.name = "head", .widths = {4, 3, 2}, .norms = 1});
  Tensor &mean = owned.buffers["head.norm.0.running_mean"],
         &variance = owned.buffers["head.norm.0.running_var"],
         &batches = owned.buffers["head.norm.0.num_batches_tracked"];
  const Tensor first = single(random_rows(6, 4)), second = single(2 * random_rows(6, 4) + 1);
  // A loss that is computed again in the same step counts once.
  for (int again = 0; again < 2; ++again) {
    head.begin_step();
    head.forward(first, /*training=*/true);
    head.forward(second, /*training=*/true);
    EXPECT_TRUE(mean.eq(0).all().item<bool>());
    EXPECT_TRUE(variance.eq(1).all().item<bool>());
    EXPECT_EQ(batches.item<int64_t>(), 0);
  }
  head.end_step();

  Tensor expected_mean = torch::zeros({3}, kDouble), expected_variance = torch::ones({3}, kDouble);
  for (const Tensor& rows : {first, second}) {
    const Tensor x =
        rows.to(torch::kFloat64)
            .matmul(owned.parameters["head.0.weight"].detach().to(torch::kFloat64).t()) +
        owned.parameters["head.0.bias"].detach();
    expected_mean = 0.9 * expected_mean + 0.1 * x.mean(0);
    expected_variance =
        0.9 * expected_variance + 0.1 * (x - x.mean(0)).square().sum(0) / 5;  // unbiased
  }
  EXPECT_LT(distance(mean, expected_mean), 1e-6);
  EXPECT_LT(distance(variance, expected_variance), 1e-6);
  EXPECT_EQ(batches.item<int64_t>(), 2);

  head.end_step();  // nothing new
  EXPECT_EQ(batches.item<int64_t>(), 2);
}

TEST(BatchNormHead, EvaluatesByTheRunningStatisticsAndChangesNothing) {
  torch::manual_seed(9);
  Owned owned;
  BatchNormHead head = owned.head({.name = "head", .widths = {4, 3, 2}, .norms = 1});
  head.forward(single(random_rows(6, 4)), true);
  head.end_step();
  const Tensor mean = owned.buffers["head.norm.0.running_mean"].clone(),
               variance = owned.buffers["head.norm.0.running_var"].clone();

  const Tensor rows = single(random_rows(5, 4));
  const Tensor out = head.forward(rows, /*training=*/false);
  head.end_step();
  EXPECT_TRUE(torch::equal(owned.buffers["head.norm.0.running_mean"], mean));
  EXPECT_TRUE(torch::equal(owned.buffers["head.norm.0.running_var"], variance));
  EXPECT_EQ(owned.buffers["head.norm.0.num_batches_tracked"].item<int64_t>(), 1);

  const auto& p = owned.parameters;
  const Tensor x = rows.matmul(p.at("head.0.weight").t()) + p.at("head.0.bias");
  const Tensor hidden = ((x - mean) / (variance + 1e-5).sqrt()).clamp_min(0);
  EXPECT_LT(distance(out, hidden.matmul(p.at("head.1.weight").t()) + p.at("head.1.bias")), 1e-5);
  // Rows do not see each other.
  EXPECT_LT(distance(head.forward(rows.narrow(0, 2, 1), false)[0], out[2]), 1e-6);
}

TEST(NormRows, RefusesGroupsOfOneRow) {
  const auto rows = [](const std::string& value) {
    return norm_rows("simsiam",
                     TermOptions("simsiam", {norm_rows_option()}, {{"norm-rows", value}}));
  };
  EXPECT_EQ(rows("0"), 0);
  EXPECT_EQ(rows("128"), 128);
  EXPECT_THROW(rows("-1"), Error);
  try {
    rows("1");
    FAIL() << "a group of one row was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("simsiam's option norm-rows is 1"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace clipwright::losses::terms
