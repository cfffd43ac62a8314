// Which parameters weight decay applies to.
#pragma once

#include <string_view>

#include "tensor/tensor.h"

namespace clipwright::optim {

enum class DecayRule {
  kOpenClip,  ///< open_clip 3.3.0: none for tensors under 2-D or names with "bn", "ln", "bias",
              ///< "logit_scale"
  kLaclip,    ///< LaCLIP: none for tensors under 2-D or names with "bias", "ln", "bn"
};

/// "open_clip" or "laclip". Throws Error(kUsage) naming the nearest.
DecayRule parse_decay_rule(std::string_view name);

/// Positional, class and token embeddings and both projections decay under either rule.
bool decays(DecayRule rule, std::string_view name, const Tensor& parameter);

}  // namespace clipwright::optim
