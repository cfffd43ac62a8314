#include "models/towers/low_rank.h"

#include <algorithm>
#include <vector>

#include "tensor/linear.h"

namespace clipwright::models::towers {

Tensor LowRank::operator()(const Tensor& x) const {
  return tensor::linear_layer(tensor::linear_layer(x, a, {}), b, {}) * scale;
}

Tensor LowRank::product() const {
  return b.detach().to(torch::kDouble).mm(a.detach().to(torch::kDouble)) * scale;
}

Tensor with_low_rank(const Tensor& rows, const Tensor& x, int64_t width,
                     std::initializer_list<const LowRank*> parts) {
  if (std::none_of(parts.begin(), parts.end(), [](const LowRank* p) { return p->defined(); }))
    return rows;
  if (parts.size() == 1) return rows + (**parts.begin())(x);
  std::vector<Tensor> added;
  for (const LowRank* part : parts)
    added.push_back(part->defined() ? (*part)(x)
                                    : torch::zeros({rows.size(0), width}, rows.options()));
  return rows + torch::cat(added, 1);
}

}  // namespace clipwright::models::towers
