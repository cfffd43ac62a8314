#include "optim/clip_gradients.h"

#include <gtest/gtest.h>

namespace clipwright::optim {
namespace {

tensor::ParameterTable three_four_twelve() {
  tensor::ParameterTable parameters;
  parameters.add("a", torch::zeros({2}).requires_grad_());
  parameters.add("b", torch::zeros({1, 1}).requires_grad_());
  parameters.add("none", torch::zeros({5}).requires_grad_());
  parameters.at("a").leaf.mutable_grad() = torch::tensor({3.0F, 4.0F});
  parameters.at("b").leaf.mutable_grad() = torch::tensor({{12.0F}});
  return parameters;
}

TEST(ClipGradients, TheNormIsThatOfAllGradientsTogether) {
  const auto parameters = three_four_twelve();
  EXPECT_FLOAT_EQ(clip_gradients(parameters).item<float>(), 13);
  EXPECT_FLOAT_EQ(parameters.at("b").leaf.grad().item<float>(), 12);
}

TEST(ClipGradients, ALongGradientIsScaledToTheLimit) {
  const auto parameters = three_four_twelve();
  EXPECT_FLOAT_EQ(clip_gradients(parameters, 1.3).item<float>(), 13);
  EXPECT_NEAR(parameters.at("a").leaf.grad()[1].item<float>(), 0.4, 1e-6);
  EXPECT_NEAR(clip_gradients(parameters).item<float>(), 1.3, 1e-6);
}

TEST(ClipGradients, AShortGradientStaysBitForBit) {
  const auto parameters = three_four_twelve();
  clip_gradients(parameters, 20);
  EXPECT_TRUE(torch::equal(parameters.at("a").leaf.grad(), torch::tensor({3.0F, 4.0F})));
}

}  // namespace
}  // namespace clipwright::optim
