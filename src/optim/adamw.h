// AdamW (Loshchilov & Hutter 2019): decoupled weight decay, bias-corrected moments, one fused pass
// over every parameter.
#pragma once

#include <string>
#include <vector>

#include "optim/decay.h"
#include "optim/layer_decay.h"
#include "tensor/parameter_table.h"

namespace clipwright::optim {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.98, eps = 1e-6, weight_decay = 0.2;
  DecayRule decay_rule = DecayRule::kOpenClip;
  RateFactors rate_factors = {};  ///< of the learning rate, and so of the decay; by name
};

class AdamW {
 public:
  /// Trains the trainable parameters of `table`, which are all on one device and of one type; their
  /// moments start at zero.
  AdamW(const tensor::ParameterTable& table, const AdamWOptions& options);

  /// One update with the gradients that the parameters hold now:
  ///   p -= lr * wd * p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p -= lr * (m / (1 -
  ///   b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
  /// Throws Error(kFailed) naming the parameters that have no gradient, and then has changed
  /// nothing: what is not to be trained is frozen in the table, not left out.
  /// A parameter with a rate factor takes that times lr.
  void step(double lr);
  void clear_gradients();

  /// What is trained.
  const tensor::ParameterTable& parameters() const { return parameters_; }
  int64_t steps_done() const { return steps_done_; }
  /// How many parameters decay.
  int64_t decaying() const { return decaying_; }
  /// What the learning rate of parameter `index` is multiplied with.
  double rate_factor(size_t index) const;

  /// `exp_avg.<name>`, `exp_avg_sq.<name>`, each in the shape that the parameter has in files; with
  /// `steps_done` this is all the state there is.
  std::vector<NamedTensor> state() const;
  /// Throws Error(kInput) naming `where` and each tensor that is missing or of another shape, or an
  /// average of squares below zero.
  void load_state(const std::vector<NamedTensor>& tensors, int64_t steps_done,
                  const std::string& where);

 private:
  struct Group {
    double weight_decay, rate_factor;
    std::vector<size_t> members;  // indices into parameters_
  };
  void require_gradients() const;

  AdamWOptions options_;
  tensor::ParameterTable parameters_;
  std::vector<Tensor> averages_, squares_, step_counts_;  // laid out as the leaves
  std::vector<Group> groups_;
  int64_t steps_done_ = 0, decaying_ = 0;
};

}  // namespace clipwright::optim
