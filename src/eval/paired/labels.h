// Short names for models and runs, for tables and folders.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace clipwright::eval::paired {

/// For each argument its name and what it names: "NAME=PATH", or a path, whose name is its last
/// part ("logs/base/model" is "base"), with the part above where two would be the same. Names have
/// letters, digits, '-', '_', '.' and '+' only, and differ in more than case. Throws Error(kUsage)
/// for the same name or path twice.
std::vector<std::pair<std::string, std::string>> labelled(
    const std::vector<std::string>& arguments);

}  // namespace clipwright::eval::paired
