#include "optim/decay.h"

#include <string>

#include "core/error.h"

namespace clipwright::optim {

DecayRule parse_decay_rule(std::string_view name) {
  if (name == "open_clip") return DecayRule::kOpenClip;
  if (name == "laclip") return DecayRule::kLaclip;
  if (name == "declip") return DecayRule::kDeclip;
  const std::string near = nearest(name, {"open_clip", "laclip", "declip"});
  fail_usage("there is no decay rule '" + std::string(name) + "'", "open_clip, laclip or declip",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

bool decays(DecayRule rule, const tensor::TableEntry& parameter) {
  const auto has = [&](std::string_view part) {
    return parameter.name.find(part) != std::string::npos;
  };
  const auto ends_with = [&](std::string_view end) {
    return std::string_view(parameter.name).ends_with(end);
  };
  if (rule == DecayRule::kDeclip) {
    // In torch's words: bias parameters of layers are called "bias", that of the joint projection
    // "in_proj_bias"; what else is 1-D is a norm's weight, a class token or the mask's row.
    if (parameter.name == "logit_scale" || ends_with(".logit_scale") || ends_with(".bias") ||
        ends_with("logit_bias"))
      return false;
    return parameter.shape.size() >= 2 || ends_with("in_proj_bias") ||
           ends_with("class_embedding") || ends_with("cls_token") || ends_with("mask_token");
  }
  if (parameter.shape.size() < 2 || has("bn") || has("ln") || has("bias")) return false;
  return rule == DecayRule::kLaclip || !has("logit_scale");
}

}  // namespace clipwright::optim
