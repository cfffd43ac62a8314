#include "optim/adamw.h"

#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clipwright::optim {
namespace {

constexpr std::string_view kSquares = "exp_avg_sq.";

}  // namespace

AdamW::AdamW(const tensor::ParameterTable& table, const AdamWOptions& options)
    : options_(options), parameters_(table.trainable()) {
  CW_CHECK(!parameters_.empty(), "an optimiser needs parameters");
  const std::vector<tensor::TableEntry>& entries = parameters_.entries();
  const auto count = torch::TensorOptions().dtype(torch::kFloat32).device(entries[0].leaf.device());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Tensor& leaf = entries[i].leaf;
    averages_.push_back(torch::zeros_like(leaf, torch::TensorOptions().requires_grad(false)));
    squares_.push_back(torch::zeros_like(leaf, torch::TensorOptions().requires_grad(false)));
    step_counts_.push_back(torch::zeros({}, count));
    const bool decaying = decays(options.decay_rule, entries[i]);
    decaying_ += decaying ? 1 : 0;
    const auto factor = options.rate_factors.find(entries[i].name);
    const Group group{decaying ? options.weight_decay : 0,
                      factor == options.rate_factors.end() ? 1 : factor->second,
                      {}};
    auto own = std::find_if(groups_.begin(), groups_.end(), [&](const Group& known) {
      return known.weight_decay == group.weight_decay && known.rate_factor == group.rate_factor;
    });
    if (own == groups_.end()) own = groups_.insert(groups_.end(), group);
    own->members.push_back(i);
  }
}

double AdamW::rate_factor(size_t index) const {
  for (const Group& group : groups_) {
    if (std::find(group.members.begin(), group.members.end(), index) != group.members.end())
      return group.rate_factor;
  }
  CW_CHECK(false, "no parameter has this index");
  return 0;
}

void AdamW::require_gradients() const {
  std::string without;
  for (const tensor::TableEntry& parameter : parameters_.entries()) {
    if (!parameter.leaf.grad().defined()) without += (without.empty() ? "" : ", ") + parameter.name;
  }
  if (without.empty()) return;
  fail_running(
      "step " + std::to_string(steps_done_ + 1) + " gave these parameters no gradient: " + without,
      "a gradient for every parameter that is not frozen",
      "The objective does not reach them; add a term that does, or freeze them.");
}

void AdamW::step(double lr) {
  const torch::NoGradGuard no_grad;
  require_gradients();
  ++steps_done_;
  for (const Group& group : groups_) {
    std::vector<Tensor> parameters, gradients, averages, squares, counts;
    for (const size_t i : group.members) {
      const Tensor& leaf = parameters_.entries()[i].leaf;
      step_counts_[i].fill_(static_cast<double>(steps_done_));
      parameters.push_back(leaf);
      gradients.push_back(leaf.grad());
      averages.push_back(averages_[i]);
      squares.push_back(squares_[i]);
      counts.push_back(step_counts_[i]);
    }
    at::_fused_adamw_(parameters, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, counts,
                      lr * group.rate_factor, options_.beta1, options_.beta2, group.weight_decay,
                      options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

void AdamW::clear_gradients() {
  for (const tensor::TableEntry& parameter : parameters_.entries())
    parameter.leaf.mutable_grad() = Tensor();
}

std::vector<NamedTensor> AdamW::state() const {
  std::vector<NamedTensor> tensors;
  tensors.reserve(2 * parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const tensor::TableEntry& parameter = parameters_.entries()[i];
    tensors.emplace_back("exp_avg." + parameter.name, parameter.in_file(averages_[i]));
    tensors.emplace_back(std::string(kSquares) + parameter.name, parameter.in_file(squares_[i]));
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
    } else if (name.starts_with(kSquares) && !tensor::numbers_below_zero(at->second).empty()) {
      fail_input(where + " is damaged: " + name + " " + tensor::numbers_below_zero(at->second), {},
                 "Resume from an earlier step_<N>.");
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
