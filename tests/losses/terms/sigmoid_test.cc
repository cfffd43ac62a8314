#include "losses/terms/sigmoid.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

/// As the paper's algorithm 1 prints it, a pair at a time.
double published(const Tensor& images, const Tensor& texts, double scale, double bias) {
  const by_hand::Matrix x = by_hand::matrix(images), t = by_hand::matrix(texts);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < x.size(); ++j) {
      const double label = 2.0 * (i == j) - 1;
      const double logit = by_hand::dot(x[i], t[j]) * scale + bias;
      sum += std::log(1 / (1 + std::exp(-label * logit)));
    }
  }
  return -sum / static_cast<double>(x.size());
}

Tensor number(double value) { return torch::tensor(value, kDouble); }

TEST(Sigmoid, EqualsItsPublishedForm) {
  torch::manual_seed(1);
  const Tensor images = random_unit(7, 5), texts = random_unit(7, 5);
  for (const auto& [scale, bias] : {std::pair(10.0, -10.0), {14.0, -2.0}, {3.0, 1.5}}) {
    const double expected = published(images, texts, scale, bias);
    EXPECT_NEAR(sigmoid_loss(images, texts, number(scale), number(bias)).item<double>(), expected,
                1e-10);
    EXPECT_NEAR(
        sigmoid_loss(single(images), single(texts), single(number(scale)), single(number(bias)))
            .item<double>(),
        expected, 1e-5 * (1 + expected));
  }
}

TEST(Sigmoid, GradientsEqualFiniteDifferences) {
  torch::manual_seed(2);
  expect_gradients_match(
      [](const std::vector<Tensor>& in) { return sigmoid_loss(in[0], in[1], in[2].exp(), in[3]); },
      {random_unit(5, 4), random_unit(5, 4), number(1.4), number(-2)});
}

TEST(Sigmoid, DoesNotDependOnTheNumberOfThreads) {
  torch::manual_seed(4);
  const std::vector<Tensor> inputs = {random_unit(301, 8), random_unit(301, 8), number(9),
                                      number(-9)};
  const auto results = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    std::vector<Tensor> leaves;
    for (const Tensor& input : inputs) leaves.push_back(input.clone().set_requires_grad(true));
    const Tensor loss = sigmoid_loss(leaves[0], leaves[1], leaves[2], leaves[3]);
    loss.backward();
    std::vector<Tensor> all = {loss.detach()};
    for (const Tensor& leaf : leaves) all.push_back(leaf.grad());
    at::set_num_threads(before);
    return all;
  };
  const std::vector<Tensor> one = results(1);
  for (const int threads : {2, 3, 5}) {
    const std::vector<Tensor> more = results(threads);
    for (size_t i = 0; i < one.size(); ++i)
      EXPECT_TRUE(torch::equal(one[i], more[i])) << "result " << i << ", " << threads << " threads";
  }
}

TEST(Sigmoid, StaysFiniteAtTheLargestScale) {
  const Tensor rows = single(torch::eye(4, kDouble)).set_requires_grad(true);
  const Tensor scale = torch::tensor(400.0F);
  EXPECT_NEAR(sigmoid_loss(rows, rows, scale, torch::tensor(-200.0F)).item<double>(), 0, 1e-12);
  // Every positive pair is 200 below zero, and one negative pair a row as much above.
  const Tensor wrong = sigmoid_loss(rows, rows.roll(1, 0), scale, torch::tensor(-200.0F));
  wrong.backward();
  EXPECT_NEAR(wrong.item<double>(), 400, 1e-3);
  EXPECT_TRUE(rows.grad().isfinite().all().item<bool>());
}

TEST(Sigmoid, LearnsABiasThatStartsWhereTheOptionSays) {
  torch::manual_seed(3);
  const Features f = random_features(4, 2, 2);
  for (const auto& [given, bias] : {std::pair<std::map<std::string, std::string>, double>{{}, -10},
                                    {{{"bias", "-2.5"}}, -2.5}}) {
    const auto term = made(sigmoid_kind(), given);
    const Tensor leaf = term->table().at("logit_bias").leaf;
    EXPECT_EQ(leaf.dim(), 0);
    EXPECT_EQ(leaf.item<double>(), bias);
    const Tensor loss = term->loss(f);
    EXPECT_NEAR(loss.item<double>(), published(f.views[0].unit, f.texts[0].unit, 5, bias), 1e-10);
    loss.backward();
    EXPECT_NE(leaf.grad().item<double>(), 0);
  }
}

}  // namespace
}  // namespace clipwright::losses::terms
