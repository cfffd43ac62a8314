// A checkpoint that was chosen by the pictures of a reported set has no test result on them.
#pragma once

#include <filesystem>

#include "eval/suite/suite_file.h"

namespace clipwright::eval::suite {

/// Looks at the pictures that the sets of `suite` below `root` are scored on (of a probe or a
/// few-shot classifier the test split), by their bytes. Throws Error(kUsage) naming two sets, one
/// with Role::kSelect and one with Role::kReport, where half of the smaller one's pictures or more
/// are in the other; fewer, and the log warns with their number. A set that is not on disk or
/// cannot be opened is its task's to tell. Without a set of either role nothing is read.
void require_held_out(const Suite& suite, const std::filesystem::path& root);

}  // namespace clipwright::eval::suite
