// AdamW (Loshchilov & Hutter 2019): decoupled weight decay, bias-corrected moments, one fused pass
// over every parameter.
#pragma once

#include <vector>

#include "optim/decay.h"
#include "tensor/tensor.h"

namespace clipwright::optim {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.98, eps = 1e-6, weight_decay = 0.2;
  DecayRule decay_rule = DecayRule::kOpenClip;
};

class AdamW {
 public:
  /// `parameters` are all on one device and of one type; their moments start at zero.
  AdamW(std::vector<NamedTensor> parameters, const AdamWOptions& options);

  /// One update with the gradients that the parameters hold now:
  ///   p -= lr * wd * p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p -= lr * (m / (1 -
  ///   b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
  /// A parameter without a gradient stays as it is.
  void step(double lr);
  void clear_gradients();

  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  int64_t steps_done() const { return steps_done_; }
  /// How many parameters decay.
  int64_t decaying() const;

  /// `exp_avg.<name>`, `exp_avg_sq.<name>`; with `steps_done` this is all the state there is.
  std::vector<NamedTensor> state() const;
  /// Throws Error(kInput) naming `where` and each tensor that is missing or of another shape.
  void load_state(const std::vector<NamedTensor>& tensors, int64_t steps_done,
                  const std::string& where);

 private:
  struct Group {
    double weight_decay;
    std::vector<size_t> members;  // indices into parameters_
  };
  AdamWOptions options_;
  std::vector<NamedTensor> parameters_;
  std::vector<Tensor> averages_, squares_, step_counts_;
  std::vector<Group> groups_;
  int64_t steps_done_ = 0;
};

}  // namespace clipwright::optim
