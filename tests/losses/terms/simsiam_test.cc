#include "losses/terms/simsiam.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

double mean_cosine(const by_hand::Matrix& a, const by_hand::Matrix& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += by_hand::cosine(a[i], b[i]);
  return sum / static_cast<double>(a.size());
}

double simsiam_by_hand(const Tensor& embedding0, const Tensor& embedding1,
                       const std::vector<HeadLayer>& projector,
                       const std::vector<HeadLayer>& predictor) {
  const by_hand::Matrix z0 = by_hand::head(by_hand::matrix(embedding0), projector),
                        z1 = by_hand::head(by_hand::matrix(embedding1), projector);
  return -(mean_cosine(by_hand::head(z0, predictor), z1) +
           mean_cosine(by_hand::head(z1, predictor), z0)) /
         2;
}

struct Heads {
  std::vector<HeadLayer> projector = random_head({4, 6, 5, 5}, 3),
                         predictor = random_head({5, 4, 5}, 1);
};

TEST(SimSiam, EqualsItsFormula) {
  torch::manual_seed(1);
  const Heads heads;
  const Tensor e0 = random_rows(7, 4), e1 = random_rows(7, 4);
  const double expected = simsiam_by_hand(e0, e1, heads.projector, heads.predictor);
  for (const bool stop_gradient : {true, false}) {
    EXPECT_NEAR(simsiam(e0, e1, heads.projector, heads.predictor, stop_gradient).item<double>(),
                expected, 1e-10);
    EXPECT_NEAR(simsiam(single(e0), single(e1), single(heads.projector), single(heads.predictor),
                        stop_gradient)
                    .item<double>(),
                expected, 1e-5);
  }
}

TEST(SimSiam, LiesBetweenMinusOneAndOne) {
  torch::manual_seed(2);
  const Tensor z = random_rows(6, 5), w = random_rows(6, 5);
  EXPECT_NEAR(simsiam_loss(3 * w, 2 * z, z, w).item<double>(), -1, 1e-12);
  EXPECT_NEAR(simsiam_loss(-w, -z, z, w).item<double>(), 1, 1e-12);
}

std::vector<Tensor> random_inputs() {
  std::vector<Tensor> inputs = {random_rows(5, 3), random_rows(5, 3)};
  for (const Tensor& leaf : leaves_of(random_head({3, 4, 4, 4}, 3))) inputs.push_back(leaf);
  for (const Tensor& leaf : leaves_of(random_head({4, 3, 4}, 1))) inputs.push_back(leaf);
  return inputs;
}
std::vector<HeadLayer> projector_of(const std::vector<Tensor>& in) { return head_of(in, 2, 3, 3); }
std::vector<HeadLayer> predictor_of(const std::vector<Tensor>& in) { return head_of(in, 14, 2, 1); }

TEST(SimSiam, GradientsEqualFiniteDifferencesWithoutStopGradient) {
  torch::manual_seed(3);
  for (const int64_t group : {0, 2}) {
    expect_gradients_match(
        [group](const std::vector<Tensor>& in) {
          return simsiam(in[0], in[1], projector_of(in), predictor_of(in), false, group);
        },
        random_inputs(), 1e-6);
  }
}

TEST(SimSiam, StopGradientMakesConstantsOfTheTargets) {
  torch::manual_seed(4);
  std::vector<Tensor> inputs = random_inputs();
  const Tensor z0 = head_rows(inputs[0], projector_of(inputs)),
               z1 = head_rows(inputs[1], projector_of(inputs));
  // Finite differences of the loss against targets that stay where they are.
  const auto with_constants = [&](const std::vector<Tensor>& in) {
    const auto projector = projector_of(in), predictor = predictor_of(in);
    return simsiam_loss(head_rows(head_rows(in[0], projector), predictor),
                        head_rows(head_rows(in[1], projector), predictor), z0, z1, false);
  };
  expect_gradients_match(with_constants, inputs, 1e-6);
  std::vector<Tensor> same;
  for (Tensor& input : inputs) {
    same.push_back(input.clone().set_requires_grad(true));
    input.set_requires_grad(true);
  }
  with_constants(inputs).backward();
  simsiam(same[0], same[1], projector_of(same), predictor_of(same)).backward();
  for (size_t i = 0; i < inputs.size(); ++i)
    EXPECT_LT((inputs[i].grad() - same[i].grad()).abs().max().item<double>(), 1e-12) << i;
}

TEST(SimSiam, CollapseIndicatorTellsSpreadRowsFromEqualOnes) {
  torch::manual_seed(5);
  EXPECT_NEAR(collapse_indicator(random_rows(2000, 64)).item<double>(), 1, 0.02);
  EXPECT_NEAR(collapse_indicator(random_rows(1, 64).expand({50, 64})).item<double>(), 0, 1e-12);
  // All rows one of two opposite ones: each column's spread is the size of its number.
  const Tensor row = random_unit(1, 16);
  EXPECT_NEAR(collapse_indicator(torch::cat({row, -row, 5 * row, -2 * row})).item<double>(),
              row.abs().mean().item<double>() * 4, 1e-12);
}

const std::map<std::string, std::string> kSmall = {{"width", "8"}, {"hidden", "5"}};
const TowerWidths kWidths = {.embedding = 6, .image_pooled = 9};

std::vector<HeadLayer> head_in(const Term& term, const std::string& head, size_t depth,
                               size_t norms) {
  std::vector<HeadLayer> layers(depth);
  for (size_t i = 0; i < depth; ++i) {
    const std::string name = head + "." + std::to_string(i),
                      norm = head + ".norm." + std::to_string(i);
    layers[i].weight = term.table().at(name + ".weight").leaf;
    layers[i].bias = term.table().at(name + ".bias").leaf;
    if (i >= norms) continue;
    layers[i].norm_weight = term.table().at(norm + ".weight").leaf;
    layers[i].norm_bias = term.table().at(norm + ".bias").leaf;
  }
  return layers;
}

TEST(SimSiam, ReadsTheEmbeddingsOfTheLastTwoViews) {
  torch::manual_seed(6);
  const auto term = made(simsiam_kind(), kSmall, kWidths, 3);
  term->to(torch::kFloat64);
  const Wants wants = term->wants();
  ASSERT_EQ(wants.views.size(), 3U);
  EXPECT_FALSE(wants.views[0].embedding);
  EXPECT_TRUE(wants.views[1].embedding && wants.views[2].embedding);
  EXPECT_FALSE(wants.any_text_embedding() || wants.scale);
  EXPECT_TRUE(term->readings().empty());
  Features f = random_features(6, 3, 1);
  f.views[0] = {};
  const auto projector = head_in(*term, "projector", 3, 3),
             predictor = head_in(*term, "predictor", 2, 1);
  EXPECT_NEAR(term->loss(f).item<double>(),
              simsiam_by_hand(f.views[1].embedding, f.views[2].embedding, projector, predictor),
              1e-10);
  const auto readings = term->readings();
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_EQ(readings[0].first, "simsiam/collapse");
  double expected = 0;
  for (size_t view : {1, 2})
    expected +=
        collapse_indicator(head_rows(f.views[view].embedding, projector)).item<double>() / 2;
  EXPECT_NEAR(readings[0].second, expected, 1e-12);
}

TEST(SimSiam, NormalisesInGroupsWhereTheOptionSaysSo) {
  torch::manual_seed(7);
  auto options = kSmall;
  options["norm-rows"] = "3";
  const auto term = made(simsiam_kind(), options, kWidths);
  term->to(torch::kFloat64);
  const Features f = random_features(6, 2, 1);
  double expected = 0;  // two processes with 3 pairs each
  for (const int64_t first : {0, 3})
    expected +=
        simsiam_by_hand(f.views[0].embedding.narrow(0, first, 3),
                        f.views[1].embedding.narrow(0, first, 3), head_in(*term, "projector", 3, 3),
                        head_in(*term, "predictor", 2, 1)) /
        2;
  EXPECT_NEAR(term->loss(f).item<double>(), expected, 1e-10);
}

TEST(SimSiam, ReportsACollapse) {
  torch::manual_seed(8);
  const auto term = made(simsiam_kind(), kSmall, kWidths);
  term->to(torch::kFloat64);
  Features f = random_features(16, 2, 1);
  term->loss(f);
  const double healthy = term->readings().at(0).second;
  for (ImageFeatures& view : f.views) view.embedding = torch::ones({16, 6}, kDouble);
  term->loss(f);
  EXPECT_GT(healthy, 0.7);
  EXPECT_LT(term->readings().at(0).second, 1e-6);
}

TEST(SimSiam, ExactlyTheCancelledParametersHaveNoGradient) {
  for (const std::string stop_gradient : {"on", "off"}) {
    torch::manual_seed(9);
    auto options = kSmall;
    options["stop-gradient"] = stop_gradient;
    const auto term = made(simsiam_kind(), options, kWidths);
    term->to(torch::kFloat64);
    term->loss(random_features(8, 2, 1)).backward();
    std::set<std::string> cancelled;
    for (const auto& entry : term->table().entries()) {
      if (entry.kind != tensor::TensorKind::kParameter) continue;
      const double size = entry.leaf.grad().abs().max().item<double>();
      if (entry.cancelled.empty()) {
        EXPECT_GT(size, 1e-5) << entry.name;
      } else {
        EXPECT_LT(size, 1e-12) << entry.name;
        cancelled.insert(entry.name);
      }
    }
    std::set<std::string> expected = {"projector.0.bias", "projector.1.bias", "projector.2.bias",
                                      "predictor.0.bias"};
    if (stop_gradient == "on") expected.insert("projector.norm.2.bias");
    EXPECT_EQ(cancelled, expected) << "stop-gradient " << stop_gradient;
  }
}

TEST(SimSiam, MovesItsStatisticsOnceAStepAndNeverInEvaluation) {
  torch::manual_seed(10);
  const auto term = made(simsiam_kind(), kSmall, kWidths);
  const auto buffers = [&] {
    std::vector<Tensor> all;
    for (const auto& entry : term->table().entries()) {
      if (entry.kind == tensor::TensorKind::kBuffer) all.push_back(entry.leaf.clone());
    }
    return all;
  };
  Features f = random_features(8, 2, 1);
  for (ImageFeatures& view : f.views) view.embedding = single(view.embedding);
  const auto start = buffers();
  ASSERT_EQ(start.size(), 12U);  // four norms

  term->loss(f);
  for (size_t i = 0; i < start.size(); ++i) EXPECT_TRUE(torch::equal(buffers()[i], start[i])) << i;
  term->eval();  // forgets nothing of the step
  term->loss(f);
  term->train();
  term->after_step(f);
  const auto stepped = buffers();
  for (size_t i = 0; i < start.size(); ++i) EXPECT_FALSE(torch::equal(stepped[i], start[i])) << i;
  for (const std::string norm : {"projector.norm.0", "projector.norm.2", "predictor.norm.0"}) {
    EXPECT_EQ(term->table().at(norm + ".num_batches_tracked").leaf.item<int64_t>(), 2) << norm;
  }

  term->eval();
  const double evaluated = term->loss(f).item<double>();
  EXPECT_EQ(term->loss(f).item<double>(), evaluated);
  term->after_step(f);
  for (size_t i = 0; i < start.size(); ++i)
    EXPECT_TRUE(torch::equal(buffers()[i], stepped[i])) << i;
  term->train();
  EXPECT_NE(term->loss(f).item<double>(), evaluated);
}

TEST(SimSiam, HasThePublishedSizes) {
  const auto term = made(simsiam_kind(), {}, {.embedding = 512});
  const auto& table = term->table();
  EXPECT_EQ(shape_text(table.at("projector.0.weight").leaf), "(1024, 512)");
  EXPECT_EQ(shape_text(table.at("projector.2.weight").leaf), "(1024, 1024)");
  EXPECT_EQ(shape_text(table.at("projector.norm.2.running_mean").leaf), "(1024)");
  EXPECT_EQ(shape_text(table.at("predictor.0.weight").leaf), "(512, 1024)");
  EXPECT_EQ(shape_text(table.at("predictor.1.weight").leaf), "(1024, 512)");
  EXPECT_EQ(table.size(), 10U + 4U * 5U);
}

TEST(SimSiam, NamesTheNearestOfAnUnknownOption) {
  try {
    made(simsiam_kind(), {{"stop-gradeint", "off"}}, kWidths);
    FAIL() << "an unknown option was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'stop-gradient'"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(made(simsiam_kind(), {{"norm-rows", "1"}}, kWidths), Error);
}

}  // namespace
}  // namespace clipwright::losses::terms
