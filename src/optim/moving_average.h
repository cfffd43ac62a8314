// An exponential moving average of what is trained: a model that is often a little better than the
// last step's, and always calmer.
#pragma once

#include <string>
#include <vector>

#include "tensor/parameter_table.h"

namespace clipwright::optim {

class MovingAverage {
 public:
  /// Of the trainable parameters of `table`; starts as they are.
  MovingAverage(const tensor::ParameterTable& table, double decay);

  /// average = decay * average + (1 - decay) * parameter. After each step.
  void update();

  /// The averages under the parameters' names and in their shapes in files.
  std::vector<NamedTensor> state() const;
  /// Throws Error(kInput) naming `where` and each tensor that is missing or of another shape.
  void load_state(const std::vector<NamedTensor>& tensors, const std::string& where);

  /// The parameters hold their averages as long as this lives.
  class Applied {
   public:
    explicit Applied(MovingAverage& average) : average_(average) { average_.swap(); }
    Applied(const Applied&) = delete;
    Applied& operator=(const Applied&) = delete;
    ~Applied() { average_.swap(); }

   private:
    MovingAverage& average_;
  };

 private:
  void swap();

  tensor::ParameterTable parameters_;
  double decay_;
  std::vector<Tensor> averages_;  // laid out as the leaves
};

}  // namespace clipwright::optim
