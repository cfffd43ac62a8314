// Checks a gradient against central differences in float64.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright {

/// `f` maps the inputs to a scalar. Every element of every input (float64, at most some hundred
/// elements) is nudged both ways.
inline void expect_gradients_match(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                                   std::vector<Tensor> inputs, double tolerance = 1e-7) {
  constexpr double kStep = 1e-5;
  for (Tensor& input : inputs) input = input.detach().clone().set_requires_grad(true);
  f(inputs).backward();
  for (size_t which = 0; which < inputs.size(); ++which) {
    const Tensor gradient = inputs[which].grad();
    ASSERT_TRUE(gradient.defined()) << "input " << which << " got no gradient";
    torch::NoGradGuard no_grad;
    Tensor flat = inputs[which].view({-1});
    const Tensor flat_gradient = gradient.reshape({-1});
    for (int64_t i = 0; i < flat.size(0); ++i) {
      const double value = flat[i].item<double>();
      flat[i] = value + kStep;
      const double above = f(inputs).item<double>();
      flat[i] = value - kStep;
      const double below = f(inputs).item<double>();
      flat[i] = value;
      const double difference = (above - below) / (2 * kStep);
      EXPECT_NEAR(flat_gradient[i].item<double>(), difference,
                  tolerance * (1 + std::abs(difference)))
          << "input " << which << ", element " << i;
    }
  }
}

}  // namespace clipwright
