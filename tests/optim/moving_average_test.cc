#include "optim/moving_average.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace clipwright::optim {
namespace {

tensor::ParameterTable table_of(const Tensor& projection, const Tensor& scale) {
  tensor::ParameterTable table;
  table.add({.name = "head.weight", .leaf = projection, .layout = tensor::FileLayout::kTransposed});
  table.add("logit_scale", scale);
  table.add(
      {.name = "running_mean", .leaf = torch::zeros({2}), .kind = tensor::TensorKind::kBuffer});
  return table;
}

TEST(MovingAverage, IsItsFormula) {
  const Tensor projection = torch::rand({2, 3}, torch::kDouble).requires_grad_(),
               scale = torch::tensor(2.5, torch::kDouble).requires_grad_();
  MovingAverage average(table_of(projection, scale), 0.9);
  Tensor expected = projection.detach().clone();
  for (int step = 0; step < 5; ++step) {
    const torch::NoGradGuard no_grad;
    projection.add_(torch::rand({2, 3}, torch::kDouble));
    average.update();
    expected = 0.9 * expected + 0.1 * projection;
  }
  ASSERT_EQ(average.state().size(), 2U);  // what is not trained is not averaged
  EXPECT_EQ(average.state()[0].first, "head.weight");
  EXPECT_LT((average.state()[0].second - expected.t()).abs().max().item<double>(), 1e-14);
}

TEST(MovingAverage, TakesTheParametersPlaceAndGivesItBack) {
  const Tensor projection = torch::rand({2, 3}).requires_grad_(),
               scale = torch::tensor(2.5F).requires_grad_();
  const Tensor first = projection.detach().clone();
  MovingAverage average(table_of(projection, scale), 0.5);
  {
    const torch::NoGradGuard no_grad;
    projection.add_(1);
    average.update();
  }
  const Tensor trained = projection.detach().clone();
  {
    const MovingAverage::Applied applied(average);
    EXPECT_LT((projection - (first + 0.5)).abs().max().item<double>(), 1e-6);
  }
  EXPECT_TRUE(torch::equal(projection, trained));
  // And the average is where it was.
  const MovingAverage::Applied again(average);
  EXPECT_LT((projection - (first + 0.5)).abs().max().item<double>(), 1e-6);
}

TEST(MovingAverage, AFileThatDoesNotFitIsRefusedByName) {
  const Tensor projection = torch::rand({2, 3}).requires_grad_(),
               scale = torch::tensor(2.5F).requires_grad_();
  MovingAverage average(table_of(projection, scale), 0.5);
  try {
    average.load_state({{"head.weight", torch::zeros({2, 3})}}, "average.safetensors");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("head.weight is (2, 3), not (3, 2)"),
              std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("logit_scale is missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace clipwright::optim
