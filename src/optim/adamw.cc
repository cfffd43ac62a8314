#include "optim/adamw.h"

#include <ATen/ops/_fused_adamw.h>

#include <map>
#include <string>

#include "core/error.h"

namespace clipwright::optim {

AdamW::AdamW(std::vector<NamedTensor> parameters, const AdamWOptions& options)
    : options_(options), parameters_(std::move(parameters)) {
  CW_CHECK(!parameters_.empty(), "an optimiser needs parameters");
  const auto count =
      torch::TensorOptions().dtype(torch::kFloat32).device(parameters_[0].second.device());
  groups_ = {{0, {}}, {options.weight_decay, {}}};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [name, parameter] = parameters_[i];
    averages_.push_back(torch::zeros_like(parameter, torch::TensorOptions().requires_grad(false)));
    squares_.push_back(torch::zeros_like(parameter, torch::TensorOptions().requires_grad(false)));
    step_counts_.push_back(torch::zeros({}, count));
    groups_[decays(options.decay_rule, name, parameter) ? 1 : 0].members.push_back(i);
  }
}

void AdamW::step(double lr) {
  const torch::NoGradGuard no_grad;
  ++steps_done_;
  for (const Group& group : groups_) {
    std::vector<Tensor> parameters, gradients, averages, squares, counts;
    for (const size_t i : group.members) {
      if (!parameters_[i].second.grad().defined()) continue;
      step_counts_[i].fill_(static_cast<double>(steps_done_));
      parameters.push_back(parameters_[i].second);
      gradients.push_back(parameters_[i].second.grad());
      averages.push_back(averages_[i]);
      squares.push_back(squares_[i]);
      counts.push_back(step_counts_[i]);
    }
    if (parameters.empty()) continue;
    at::_fused_adamw_(parameters, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, counts, lr,
                      options_.beta1, options_.beta2, group.weight_decay, options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

void AdamW::clear_gradients() {
  for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = Tensor();
}

int64_t AdamW::decaying() const { return static_cast<int64_t>(groups_[1].members.size()); }

std::vector<NamedTensor> AdamW::state() const {
  std::vector<NamedTensor> tensors;
  tensors.reserve(2 * parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors.emplace_back("exp_avg." + parameters_[i].first, averages_[i]);
    tensors.emplace_back("exp_avg_sq." + parameters_[i].first, squares_[i]);
  }
  return tensors;
}

void AdamW::load_state(const std::vector<NamedTensor>& tensors, int64_t steps_done,
                       const std::string& where) {
  const torch::NoGradGuard no_grad;
  std::map<std::string, Tensor> found(tensors.begin(), tensors.end());
  std::string wrong;
  for (auto& [name, target] : state()) {
    const auto at = found.find(name);
    if (at == found.end()) {
      wrong += (wrong.empty() ? "" : "; ") + name + " is missing";
    } else if (at->second.sizes() != target.sizes()) {
      wrong += (wrong.empty() ? "" : "; ") + name + " is " + shape_text(at->second) + ", not " +
               shape_text(target);
    }
  }
  if (!wrong.empty()) {
    fail_input(where + " does not fit this model's optimiser: " + wrong, {},
               "Resume with the model and objective the run was started with.");
  }
  for (auto& [name, target] : state()) target.copy_(found.at(name));
  steps_done_ = steps_done;
}

}  // namespace clipwright::optim
