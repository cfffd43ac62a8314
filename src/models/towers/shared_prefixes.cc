#include "models/towers/shared_prefixes.h"

#include <unordered_map>
#include <vector>

namespace clipwright::models::towers {

SharedPrefixes share_prefixes(const Tensor& ids, const Tensor& offsets) {
  const int64_t* token = ids.const_data_ptr<int64_t>();
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  const int64_t texts = offsets.size(0) - 1;
  std::unordered_map<uint64_t, int64_t> child;  // by parent row + 1 and token
  std::vector<int64_t> unique, positions, row_of, first_of, last;
  for (int64_t n = 0; n < texts; ++n) {
    int64_t row = -1;
    for (int32_t t = at[n]; t < at[n + 1]; ++t) {
      const uint64_t key = (static_cast<uint64_t>(row + 1) << 32) | static_cast<uint32_t>(token[t]);
      const auto [place, added] = child.try_emplace(key, static_cast<int64_t>(unique.size()));
      if (added) {
        unique.push_back(token[t]);
        positions.push_back(t - at[n]);
        first_of.push_back(t);
      }
      row = place->second;
      row_of.push_back(row);
    }
    last.push_back(row);
  }
  const auto tensor = [](const std::vector<int64_t>& values) {
    return torch::tensor(values, torch::kInt64);
  };
  return {tensor(unique), tensor(positions), tensor(row_of), tensor(first_of), tensor(last)};
}

}  // namespace clipwright::models::towers
