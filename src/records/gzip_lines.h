// Lines of a file that may be gzipped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace clipwright::records {

/// Calls `use` with each line and its number from 1. Throws Error(kInput) when the file cannot be
/// opened (`expected` and `advice` say what it should be), is damaged, is no text (`text_start`),
/// or has a line longer than 1 MiB.
void each_line(const std::filesystem::path& path,
               const std::function<void(const std::string&, int64_t)>& use,
               const std::string& expected, const std::string& advice = {});

}  // namespace clipwright::records
