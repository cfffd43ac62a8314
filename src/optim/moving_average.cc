#include "optim/moving_average.h"

#include <map>

#include "core/error.h"

namespace clipwright::optim {

MovingAverage::MovingAverage(const tensor::ParameterTable& table, double decay)
    : parameters_(table.trainable()), decay_(decay) {
  CW_CHECK(decay >= 0 && decay < 1, "a moving average decays by something below 1");
  for (const tensor::TableEntry& parameter : parameters_.entries())
    averages_.push_back(parameter.leaf.detach().clone());
}

void MovingAverage::update() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < averages_.size(); ++i)
    averages_[i].mul_(decay_).add_(parameters_.entries()[i].leaf, 1 - decay_);
}

std::vector<NamedTensor> MovingAverage::state() const {
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < averages_.size(); ++i) {
    const tensor::TableEntry& parameter = parameters_.entries()[i];
    tensors.emplace_back(parameter.name, parameter.in_file(averages_[i]));
  }
  return tensors;
}

void MovingAverage::load_state(const std::vector<NamedTensor>& tensors, const std::string& where) {
  const torch::NoGradGuard no_grad;
  const std::map<std::string, Tensor> found(tensors.begin(), tensors.end());
  std::string wrong;
  for (const auto& [name, target] : state()) {
    const auto at = found.find(name);
    if (at == found.end()) {
      wrong += (wrong.empty() ? "" : "; ") + name + " is missing";
    } else if (at->second.sizes() != target.sizes()) {
      wrong += (wrong.empty() ? "" : "; ") + name + " is " + shape_text(at->second) + ", not " +
               shape_text(target);
    }
  }
  if (!wrong.empty()) {
    fail_input(where + " does not fit what this run averages: " + wrong, {},
               "Resume with the model and the locks that the run was started with.");
  }
  for (auto& [name, target] : state()) target.copy_(found.at(name));
}

void MovingAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < averages_.size(); ++i) {
    const Tensor& leaf = parameters_.entries()[i].leaf;
    const Tensor held = leaf.detach().clone();
    leaf.copy_(averages_[i]);
    averages_[i].copy_(held);
  }
}

}  // namespace clipwright::optim
