// data/evaluation/NAME.toml: one file a set, made by tools/make_evaluation_sets.py.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "eval/sets/set_description.h"

namespace clipwright::eval::sets {

/// `text` is the file's; `named` gives a set that the file refers to by `classes_of`. Throws
/// Error(kInput) with the file's name for TOML that is none, for a key that is missing, unknown or
/// of another type, for a template without {c} and for a class of `only` that is not there.
SetDescription parse_set(std::string_view text, const std::string& file,
                         const std::function<const SetDescription&(const std::string&)>& named);

/// Every set of a folder, sorted by name.
std::vector<SetDescription> read_sets(const std::filesystem::path& folder);

}  // namespace clipwright::eval::sets
