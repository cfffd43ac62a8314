#include "optim/clip_gradients.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>

#include <vector>

#include "core/error.h"

namespace clipwright::optim {

Tensor clip_gradients(const tensor::ParameterTable& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> gradients;
  for (const tensor::TableEntry& parameter : parameters.entries()) {
    if (parameter.leaf.grad().defined()) gradients.push_back(parameter.leaf.grad());
  }
  CW_CHECK(!gradients.empty(), "no parameter has a gradient");
  const Tensor norm = torch::stack(at::_foreach_norm(gradients)).norm();
  if (max_norm > 0) {
    // Multiplying by 1 when the norm is small spares reading it, which would make a device wait.
    const Tensor scale = (max_norm / (norm + 1e-6)).clamp_max(1);
    at::_foreach_mul_(gradients, scale);
  }
  return norm;
}

}  // namespace clipwright::optim
