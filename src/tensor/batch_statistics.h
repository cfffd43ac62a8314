// What batch normalisation saw in one step: mean and variance of each layer over all pictures,
// joined from micro-batch to micro-batch, so that running statistics change once a step.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::tensor {

class BatchStatistics {
 public:
  struct Layer {
    int64_t count = 0;      ///< values a channel
    Tensor mean, variance;  ///< (C), the variance unbiased
  };

  /// Joins what one micro-batch gave (Chan, Golub & LeVeque 1979). One alone is kept bit for bit.
  void add(size_t layer, int64_t count, const Tensor& mean, const Tensor& variance);
  const std::vector<Layer>& layers() const { return layers_; }

 private:
  std::vector<Layer> layers_;
};

}  // namespace clipwright::tensor
