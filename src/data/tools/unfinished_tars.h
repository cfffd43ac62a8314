// Tars of a run that was killed.
#pragma once

#include <filesystem>

namespace clipwright::data::tools {

/// Warns of tars in `folder` that a killed run left under temporary names: nothing reads them, and
/// together they may be as large as the data. They are not removed, since the run may go on
/// elsewhere.
void tell_unfinished_tars(const std::filesystem::path& folder);

}  // namespace clipwright::data::tools
