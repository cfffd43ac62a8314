// Many paths in one argument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::source {

/// "a{00..02}.tar::b.tar" to a list of paths. Throws Error(kUsage) on unbalanced braces.
std::vector<std::string> expand_braces(std::string_view pattern);

/// The paths that an argument names: itself where it is there as written, else what its `::`, its
/// braces and then its patterns (data/files/walk.h) name. A pattern that nothing matches stands as
/// it is. Throws Error(kUsage) as expand_braces, Error(kInput) for a place that is no path of this
/// machine (data/files/file_names.h).
std::vector<std::string> expand_paths(const std::string& argument);

/// Throws Error(kInput) for a path of an argument that is not there.
void check_exists(const std::string& path);

}  // namespace clipwright::data::source
