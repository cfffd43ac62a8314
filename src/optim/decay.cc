#include "optim/decay.h"

#include <string>

#include "core/error.h"

namespace clipwright::optim {

DecayRule parse_decay_rule(std::string_view name) {
  if (name == "open_clip") return DecayRule::kOpenClip;
  if (name == "laclip") return DecayRule::kLaclip;
  const std::string near = nearest(name, {"open_clip", "laclip"});
  fail_usage("there is no decay rule '" + std::string(name) + "'", "open_clip or laclip",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

bool decays(DecayRule rule, const tensor::TableEntry& parameter) {
  const auto has = [&](std::string_view part) {
    return parameter.name.find(part) != std::string::npos;
  };
  if (parameter.shape.size() < 2 || has("bn") || has("ln") || has("bias")) return false;
  return rule == DecayRule::kLaclip || !has("logit_scale");
}

}  // namespace clipwright::optim
