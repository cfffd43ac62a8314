#include "optim/layer_decay.h"

#include <cmath>

namespace clipwright::optim {

RateFactors layer_rate_factors(const std::vector<std::vector<std::string>>& groups, double decay) {
  RateFactors factors;
  if (decay == 1) return factors;
  for (size_t g = 0; g < groups.size(); ++g) {
    const double factor = std::pow(decay, static_cast<double>(groups.size() - 1 - g));
    for (const std::string& name : groups[g]) factors[name] = factor;
  }
  return factors;
}

}  // namespace clipwright::optim
