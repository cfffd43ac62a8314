#include "tensor/batch_statistics.h"

namespace clipwright::tensor {

void BatchStatistics::add(size_t layer, int64_t count, const Tensor& mean, const Tensor& variance) {
  if (layer >= layers_.size()) layers_.resize(layer + 1);
  Layer& whole = layers_[layer];
  if (whole.count == 0) {
    whole = {count, mean, variance};
    return;
  }
  const auto before = static_cast<double>(whole.count), added = static_cast<double>(count),
             total = before + added;
  const Tensor difference = mean - whole.mean;
  // Sums of squares around the joined mean.
  const Tensor squares = whole.variance * (before - 1) + variance * (added - 1) +
                         difference.square() * (before * added / total);
  whole = {whole.count + count, whole.mean + difference * (added / total), squares / (total - 1)};
}

}  // namespace clipwright::tensor
