// Who is found before the right answer, for captions among pictures and pictures among captions at
// once, without the matrix of their similarities.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::eval::scores {

struct MutualRanks {
  std::vector<int64_t> captions;  ///< for each caption: pictures before its own
  std::vector<int64_t> pictures;  ///< for each picture: captions before the best of its own
};

/// Similarities that are in memory at once.
struct RankTile {
  int64_t captions = 1024, pictures = 2048;
};

/// `pictures` (N, E) and `captions` (M, E) are float32 on the CPU; `owner[m]` is the picture of
/// caption m, and every picture has a caption. A similarity is the sum of the products in float64,
/// brought to float32; of equal ones the lower index comes first. The ranks are exact and do not
/// depend on the tile: products in float32 decide only where their rounding cannot matter, every
/// other pair is computed again in float64. Memory: a tile and 40 bytes a picture and a caption.
/// `label` is what the user is told while it takes long. Throws Error(kInterrupted).
MutualRanks mutual_ranks(const Tensor& pictures, const Tensor& captions,
                         const std::vector<int64_t>& owner, const RankTile& tile = {},
                         const std::string& label = "captions ranked");

}  // namespace clipwright::eval::scores
