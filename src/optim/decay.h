// Which parameters weight decay applies to.
#pragma once

#include <string_view>

#include "tensor/parameter_table.h"

namespace clipwright::optim {

enum class DecayRule {
  kOpenClip,  ///< open_clip 3.3.0: none for tensors under 2-D or names with "bn", "ln", "bias",
              ///< "logit_scale"
  kLaclip,    ///< LaCLIP: none for tensors under 2-D or names with "bias", "ln", "bn"
  kDeclip,    ///< DeCLIP: none for norms, biases of layers and scales; positions, class tokens and
              ///< the bias of attention's joint projection decay
};

/// "open_clip", "laclip" or "declip". Throws Error(kUsage) naming the nearest.
DecayRule parse_decay_rule(std::string_view name);

/// By name and shape in the file, as the published code decides: a class token decays in LaCLIP's
/// towers, whose files hold it as (1, 1, W), and not in open_clip's, whose files hold it as (W).
bool decays(DecayRule rule, const tensor::TableEntry& parameter);

}  // namespace clipwright::optim
