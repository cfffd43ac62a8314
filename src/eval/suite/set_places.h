// The files of a set: where they lie, what is in them, and where a set comes from that is not
// there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "eval/suite/suite_file.h"

namespace clipwright::eval::suite {

/// Where the set lies: `set.data` (below `root` or absolute), else a folder of `root` that bears
/// its name, alone or as CLIP_benchmark's copies are called (wds_NAME, wds_vtab-NAME,
/// wds_NAME_test), whatever the case and whether '-' or '_'. Empty where there is none.
std::string find_set_data(const std::filesystem::path& root, const SuiteSet& set);

/// Every place that the set names, found: `data` has one entry, paths of a probe are below `root`.
/// False where something is missing.
bool find_set(const std::filesystem::path& root, SuiteSet& set);

/// A sentence for a set that is missing, from data/evaluation/sources.toml; where that does not
/// know it, the page that lists sets.
std::string where_set_comes_from(const std::string& name);

struct DataDigest {
  std::string sha256;  ///< over names and contents of all files of the set
  int64_t bytes = 0;   ///< of them
};

/// Of all files below the places of a set that was found, in sorted order, and of its files of
/// class names and templates, with the description that ships with the program where the set names
/// one. Pictures that a table names (of `data`, or of a split) count with their contents too. What
/// was computed is kept in `memory` (a file that may be absent), and counts as long as no file
/// there has another size or time. Throws Error(kInput) for what cannot be read.
DataDigest digest_set(const SuiteSet& set, const std::filesystem::path& memory);

}  // namespace clipwright::eval::suite
