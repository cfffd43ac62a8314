// Layer-wise rate decay: what lies nearer to the input learns slower (Clark et al. 2020; BEiT, Bao
// et al. 2021).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clipwright::optim {

/// Of each name the factor of its learning rate; what is not in it has 1.
using RateFactors = std::map<std::string, double>;

/// decay^(G - 1 - g) for group g of G, the one next to the input first: the last group, the
/// projection, learns at the full rate (as open_clip's main branch counts). A decay of 1 gives
/// nothing.
RateFactors layer_rate_factors(const std::vector<std::vector<std::string>>& groups, double decay);

}  // namespace clipwright::optim
