// Classification by the nearest training pictures, without training anything (Wu et al. 2018; as
// DINO's evaluation does it, Caron et al. 2021).
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::eval::scores {

struct NeighbourOptions {
  int64_t neighbours = 20;
  double temperature = 0.07;
};

/// Scores (N, C) float32: each of the k training rows nearest by cosine gives its class a weight of
/// exp((cosine - that of the nearest row) / temperature), so that no temperature overflows. 0: the
/// class got no vote; every vote counts for more than that, however little it weighs. `train` (M,
/// E) and `queries` (N, E) of unit length, `labels` M in [0, classes). Of equally near rows the
/// lower index counts; fewer than k rows all count. Does not depend on how many queries are scored
/// at once.
Tensor neighbour_scores(const Tensor& train, const std::vector<int64_t>& labels,
                        const Tensor& queries, int64_t classes,
                        const NeighbourOptions& options = {});

}  // namespace clipwright::eval::scores
