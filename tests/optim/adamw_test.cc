#include "optim/adamw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::optim {
namespace {

Tensor random_tensor(std::vector<int64_t> shape, std::string_view purpose, torch::Dtype type) {
  Random random(7, purpose, 0, uint64_t{0});
  Tensor tensor = torch::empty(shape, torch::kDouble);
  double* values = tensor.data_ptr<double>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = random.normal();
  return tensor.to(type);
}

tensor::ParameterTable small_parameters(torch::Dtype type) {
  tensor::ParameterTable parameters;
  parameters.add("text_projection", random_tensor({3, 5}, "projection", type).requires_grad_());
  parameters.add("ln_final.weight", random_tensor({4}, "norm", type).requires_grad_());
  parameters.add("logit_scale", torch::tensor(2.6593, type).requires_grad_());
  return parameters;
}

/// The update written as the paper's equations, one number at a time in float64.
struct Reference {
  std::vector<double> p, m, v;
  int t = 0;
  void step(const std::vector<double>& g, double lr, double decay, const AdamWOptions& options) {
    ++t;
    for (size_t i = 0; i < p.size(); ++i) {
      p[i] -= lr * decay * p[i];
      m[i] = options.beta1 * m[i] + (1 - options.beta1) * g[i];
      v[i] = options.beta2 * v[i] + (1 - options.beta2) * g[i] * g[i];
      const double mean = m[i] / (1 - std::pow(options.beta1, t)),
                   square = v[i] / (1 - std::pow(options.beta2, t));
      p[i] -= lr * mean / (std::sqrt(square) + options.eps);
    }
  }
};

std::vector<double> values(const Tensor& tensor) {
  const Tensor flat = tensor.detach().to(torch::kDouble).contiguous().reshape({-1});
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

class AdamWAgainstFormula : public testing::TestWithParam<std::tuple<torch::Dtype, double>> {};

TEST_P(AdamWAgainstFormula, TenSteps) {
  const auto [type, weight_decay] = GetParam();
  const AdamWOptions options{
      .beta1 = 0.9, .beta2 = 0.98, .eps = 1e-6, .weight_decay = weight_decay};
  AdamW optimizer(small_parameters(type), options);
  std::vector<Reference> references;
  for (const tensor::TableEntry& parameter : optimizer.parameters().entries()) {
    const auto p = values(parameter.leaf);
    references.push_back({p, std::vector<double>(p.size()), std::vector<double>(p.size())});
  }
  for (int step = 0; step < 10; ++step) {
    const double lr = 0.01 * (step + 1);
    for (size_t i = 0; i < references.size(); ++i) {
      const Tensor parameter = optimizer.parameters().entries()[i].leaf;
      const Tensor gradient =
          random_tensor(parameter.sizes().vec(),
                        "gradient" + std::to_string(step) + "." + std::to_string(i), type);
      parameter.mutable_grad() = gradient;
      references[i].step(values(gradient), lr, i == 0 ? weight_decay : 0, options);
    }
    optimizer.step(lr);
  }
  const double tolerance = type == torch::kDouble ? 1e-12 : 2e-6;
  for (size_t i = 0; i < references.size(); ++i) {
    const auto got = values(optimizer.parameters().entries()[i].leaf);
    for (size_t k = 0; k < got.size(); ++k)
      EXPECT_NEAR(got[k], references[i].p[k], tolerance) << i << ", " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, AdamWAgainstFormula,
                         testing::Combine(testing::Values(torch::kDouble, torch::kFloat),
                                          testing::Values(0.0, 0.1, 0.5)));

void steps_with_keyed_gradients(AdamW& optimizer, int from, int to) {
  for (int step = from; step < to; ++step) {
    for (const tensor::TableEntry& parameter : optimizer.parameters().entries()) {
      parameter.leaf.mutable_grad() = random_tensor(
          parameter.leaf.sizes().vec(), parameter.name + std::to_string(step), torch::kFloat);
    }
    optimizer.step(0.01);
  }
}

TEST(AdamW, StateRestoredInTheMiddleContinuesBitForBit) {
  AdamW whole(small_parameters(torch::kFloat), {});
  steps_with_keyed_gradients(whole, 0, 10);

  AdamW first(small_parameters(torch::kFloat), {});
  steps_with_keyed_gradients(first, 0, 4);
  tensor::ParameterTable weights;
  std::vector<NamedTensor> state;
  for (const tensor::TableEntry& parameter : first.parameters().entries())
    weights.add(parameter.name, parameter.leaf.detach().clone().requires_grad_());
  for (const auto& [name, tensor] : first.state()) state.emplace_back(name, tensor.clone());
  AdamW second(weights, {});
  second.load_state(state, first.steps_done(), "test");
  steps_with_keyed_gradients(second, 4, 10);

  for (size_t i = 0; i < weights.size(); ++i) {
    EXPECT_TRUE(
        torch::equal(whole.parameters().entries()[i].leaf, second.parameters().entries()[i].leaf))
        << weights.entries()[i].name;
  }
}

TEST(AdamW, AStateThatDoesNotFitIsRefusedWithEveryName) {
  AdamW optimizer(small_parameters(torch::kFloat), {});
  std::vector<NamedTensor> state = optimizer.state();
  state[0].second = torch::zeros({2, 2});
  state.pop_back();
  try {
    optimizer.load_state(state, 3, "optimizer.safetensors");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    const std::string message = error.what();
    EXPECT_NE(message.find("exp_avg.text_projection is (2, 2), not (3, 5)"), std::string::npos)
        << message;
    EXPECT_NE(message.find("exp_avg_sq.logit_scale is missing"), std::string::npos) << message;
  }
}

TEST(AdamW, AParameterWithoutGradientIsAnErrorThatNamesItAndChangesNothing) {
  AdamW optimizer(small_parameters(torch::kFloat), {.weight_decay = 0.5});
  const auto& entries = optimizer.parameters().entries();
  entries[1].leaf.mutable_grad() = torch::ones({4});
  const Tensor before = entries[1].leaf.detach().clone();
  try {
    optimizer.step(0.1);
    FAIL() << "stepped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    const std::string message = error.what();
    EXPECT_NE(message.find("no gradient: text_projection, logit_scale;"), std::string::npos)
        << message;
  }
  EXPECT_TRUE(torch::equal(entries[1].leaf, before));
  EXPECT_EQ(optimizer.steps_done(), 0);
}

TEST(AdamW, WhatIsFrozenStaysAndHasNoState) {
  tensor::ParameterTable table = small_parameters(torch::kFloat);
  table.add({.name = "steps", .leaf = torch::zeros({3}), .kind = tensor::TensorKind::kBuffer});
  table.freeze("ln_final.weight");
  AdamW optimizer(table, {.weight_decay = 0.5});
  ASSERT_EQ(optimizer.parameters().size(), 2U);
  const Tensor before = table.at("ln_final.weight").leaf.clone();
  steps_with_keyed_gradients(optimizer, 0, 2);
  EXPECT_TRUE(torch::equal(table.at("ln_final.weight").leaf, before));
  std::vector<std::string> names;
  for (const auto& [name, moments] : optimizer.state()) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"exp_avg.text_projection", "exp_avg_sq.text_projection",
                                      "exp_avg.logit_scale", "exp_avg_sq.logit_scale"}));
}

TEST(AdamW, MomentsAreSavedInTheShapeOfTheFileAndReadBackIntoTheLeafs) {
  const auto table_of = [](const Tensor& matrix, const Tensor& row) {
    tensor::ParameterTable table;
    table.add({.name = "head.weight", .leaf = matrix, .layout = tensor::FileLayout::kTransposed});
    table.add({.name = "cls_token",
               .leaf = row,
               .layout = tensor::FileLayout::kReshaped,
               .shape = {1, 1, row.numel()}});
    return table;
  };
  const auto leaf = [](std::vector<int64_t> shape) {
    return random_tensor(std::move(shape), "leaf", torch::kFloat).requires_grad_();
  };
  AdamW first(table_of(leaf({3, 5}), leaf({4})), {});
  steps_with_keyed_gradients(first, 0, 1);
  const auto state = first.state();
  const Tensor gradient = first.parameters().at("head.weight").leaf.grad();
  ASSERT_EQ(state[0].first, "exp_avg.head.weight");
  EXPECT_EQ(state[0].second.sizes(), (std::vector<int64_t>{5, 3}));
  EXPECT_TRUE(torch::allclose(state[0].second, 0.1 * gradient.t()));
  EXPECT_EQ(state[2].second.sizes(), (std::vector<int64_t>{1, 1, 4}));

  std::vector<NamedTensor> saved;
  for (const auto& [name, moments] : state) saved.emplace_back(name, moments.clone());
  AdamW second(table_of(leaf({3, 5}), leaf({4})), {});
  second.load_state(saved, 1, "test");
  const auto again = second.state();
  for (size_t i = 0; i < saved.size(); ++i)
    EXPECT_TRUE(torch::equal(saved[i].second, again[i].second)) << saved[i].first;
}

}  // namespace
}  // namespace clipwright::optim
