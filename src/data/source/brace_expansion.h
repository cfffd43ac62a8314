// Many paths in one argument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::source {

/// "a{00..02}.tar::b.tar" to a list of paths. Throws Error(kUsage) on unbalanced braces.
std::vector<std::string> expand_braces(std::string_view pattern);

}  // namespace clipwright::data::source
