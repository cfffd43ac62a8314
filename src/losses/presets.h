// The objectives that have a name (`clipwright objective list`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "losses/objective.h"

namespace clipwright::losses {

/// Throws Error(kUsage) naming the nearest.
const ObjectiveConfig& find_preset(std::string_view name);
std::vector<std::string> preset_names();

}  // namespace clipwright::losses
