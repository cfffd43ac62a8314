#include "losses/terms/simclr.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

struct ByHand {
  double loss = 0, accuracy = 0;
};

/// Rows of any length.
ByHand contrast_by_hand(const by_hand::Matrix& first, const by_hand::Matrix& second,
                        double temperature) {
  by_hand::Matrix rows = first;
  rows.insert(rows.end(), second.begin(), second.end());
  const size_t count = first.size();
  ByHand value;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t partner = i < count ? i + count : i - count;
    double others = 0, nearest = -2;
    for (size_t k = 0; k < rows.size(); ++k) {
      if (k == i) continue;
      others += std::exp(by_hand::cosine(rows[i], rows[k]) / temperature);
      nearest = std::max(nearest, by_hand::cosine(rows[i], rows[k]));
    }
    const double positive = by_hand::cosine(rows[i], rows[partner]);
    value.loss += std::log(others) - positive / temperature;
    value.accuracy += positive == nearest;
  }
  value.loss /= static_cast<double>(rows.size());
  value.accuracy /= static_cast<double>(rows.size());
  return value;
}

TEST(SimClr, EqualsItsFormula) {
  torch::manual_seed(1);
  const Tensor first = random_unit(9, 4), second = unit(first + 0.5 * random_rows(9, 4));
  for (const double temperature : {0.1, 0.5}) {
    const ByHand expected =
        contrast_by_hand(by_hand::matrix(first), by_hand::matrix(second), temperature);
    const SimClrValue value = simclr_loss(first, second, temperature);
    EXPECT_NEAR(value.loss.item<double>(), expected.loss, 1e-10);
    EXPECT_NEAR(value.accuracy.item<double>(), expected.accuracy, 1e-12);
    EXPECT_GT(expected.accuracy, 0);
    EXPECT_LT(expected.accuracy, 1);
    EXPECT_NEAR(simclr_loss(single(first), single(second), temperature).loss.item<double>(),
                expected.loss, 1e-5);
  }
}

TEST(SimClr, IsSymmetricInItsViews) {
  torch::manual_seed(2);
  const Tensor first = random_unit(8, 5), second = random_unit(8, 5);
  const SimClrValue one = simclr_loss(first, second, 0.1), other = simclr_loss(second, first, 0.1);
  EXPECT_NEAR(one.loss.item<double>(), other.loss.item<double>(), 1e-12);
  EXPECT_EQ(one.accuracy.item<double>(), other.accuracy.item<double>());
}

TEST(SimClr, OfOnePairIsZero) {
  torch::manual_seed(3);
  EXPECT_NEAR(simclr_loss(random_unit(1, 5), random_unit(1, 5), 0.1).loss.item<double>(), 0, 1e-12);
}

TEST(SimClr, WithItsHeadEqualsTheFormula) {
  torch::manual_seed(4);
  const Tensor pooled0 = random_rows(7, 6), pooled1 = random_rows(7, 6);
  const std::vector<HeadLayer> head = random_head({6, 8, 5, 4}, 2);
  const double expected = contrast_by_hand(by_hand::head(by_hand::matrix(pooled0), head),
                                           by_hand::head(by_hand::matrix(pooled1), head), 0.1)
                              .loss;
  EXPECT_NEAR(simclr(pooled0, pooled1, head, 0.1).loss.item<double>(), expected, 1e-10);
  EXPECT_NEAR(simclr(single(pooled0), single(pooled1), single(head), 0.1).loss.item<double>(),
              expected, 1e-5 * (1 + expected));
}

TEST(SimClr, GradientsEqualFiniteDifferences) {
  torch::manual_seed(5);
  std::vector<Tensor> inputs = {random_rows(5, 4), random_rows(5, 4)};
  for (const Tensor& leaf : leaves_of(random_head({4, 5, 4, 3}, 2))) inputs.push_back(leaf);
  for (const int64_t group : {0, 2}) {
    expect_gradients_match(
        [group](const std::vector<Tensor>& in) {
          return simclr(in[0], in[1], head_of(in, 2, 3, 2), 0.5, group).loss;
        },
        inputs, 1e-6);
  }
}

const TowerWidths kWidths = {.embedding = 6, .image_pooled = 9};

TEST(SimClr, ReadsThePooledRowsOfTheLastTwoViews) {
  torch::manual_seed(6);
  const auto term = made(simclr_kind(), {{"width", "12"}, {"output", "5"}}, kWidths, 3);
  term->to(torch::kFloat64);
  const Wants wants = term->wants();
  ASSERT_EQ(wants.views.size(), 3U);
  EXPECT_FALSE(wants.views[0].pooled);
  EXPECT_TRUE(wants.views[1].pooled && wants.views[2].pooled);
  EXPECT_FALSE(wants.any_image_embedding() || wants.any_text_embedding() || wants.scale);
  EXPECT_TRUE(term->readings().empty());

  Features f = random_features(6, 3, 1);
  f.views[0] = {};
  f.views[2].pooled = f.views[1].pooled + 0.3 * random_rows(6, 9);
  const std::vector<HeadLayer> head = [&] {
    const auto& table = term->table();
    std::vector<HeadLayer> layers(3);
    for (size_t i = 0; i < 3; ++i) {
      const std::string name = "head." + std::to_string(i), norm = "head.norm." + std::to_string(i);
      layers[i].weight = table.at(name + ".weight").leaf;
      layers[i].bias = table.at(name + ".bias").leaf;
      if (i == 2) continue;
      layers[i].norm_weight = table.at(norm + ".weight").leaf;
      layers[i].norm_bias = table.at(norm + ".bias").leaf;
    }
    return layers;
  }();
  const ByHand expected =
      contrast_by_hand(by_hand::head(by_hand::matrix(f.views[1].pooled), head),
                       by_hand::head(by_hand::matrix(f.views[2].pooled), head), 0.1);
  EXPECT_NEAR(term->loss(f).item<double>(), expected.loss, 1e-10);
  const auto readings = term->readings();
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_EQ(readings[0].first, "simclr/accuracy");
  EXPECT_NEAR(readings[0].second, expected.accuracy, 1e-12);
}

TEST(SimClr, ExactlyTheCancelledParametersHaveNoGradient) {
  torch::manual_seed(7);
  const auto term = made(simclr_kind(), {{"width", "12"}, {"output", "5"}}, kWidths);
  term->to(torch::kFloat64);
  term->loss(random_features(8, 2, 1)).backward();
  std::vector<std::string> cancelled;
  for (const auto& entry : term->table().entries()) {
    if (entry.kind != tensor::TensorKind::kParameter) continue;
    const double size = entry.leaf.grad().abs().max().item<double>();
    if (entry.cancelled.empty()) {
      EXPECT_GT(size, 1e-5) << entry.name;
    } else {
      EXPECT_LT(size, 1e-12) << entry.name;
      cancelled.push_back(entry.name);
    }
  }
  EXPECT_EQ(cancelled, (std::vector<std::string>{"head.0.bias", "head.1.bias"}));
}

TEST(SimClr, HasThePublishedSizes) {
  const auto term = made(simclr_kind(), {}, {.embedding = 512, .image_pooled = 768});
  const auto& table = term->table();
  EXPECT_EQ(shape_text(table.at("head.0.weight").leaf), "(4096, 768)");
  EXPECT_EQ(shape_text(table.at("head.1.weight").leaf), "(4096, 4096)");
  EXPECT_EQ(shape_text(table.at("head.2.weight").leaf), "(256, 4096)");
  EXPECT_EQ(shape_text(table.at("head.norm.1.running_var").leaf), "(4096)");
  EXPECT_EQ(table.size(), 6U + 2U * 5U);
}

TEST(SimClr, NamesTheNearestOfAnUnknownOption) {
  try {
    made(simclr_kind(), {{"temprature", "0.2"}}, kWidths);
    FAIL() << "an unknown option was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'temperature'"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(made(simclr_kind(), {{"temperature", "0"}}, kWidths), Error);
}

}  // namespace
}  // namespace clipwright::losses::terms
