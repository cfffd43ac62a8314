// Models on a suite as a page to look at: the table, differences with intervals, classes that
// gained or lost.
#pragma once

#include <filesystem>
#include <string>

#include "core/json.h"

namespace clipwright::report {

/// `comparison` as `clipwright compare --output FILE.json` and `eval suite` write it
/// (docs/formats/suite.md). Throws Error(kFailed).
void write_comparison_page(const Json& comparison, const std::filesystem::path& path);

}  // namespace clipwright::report
