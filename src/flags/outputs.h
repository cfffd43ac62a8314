// What a command writes, checked before it begins: hours of work should not end at a file that
// cannot be written, nor be written over what they were made from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "flags/cli11.h"

namespace clipwright::flags {

/// Files that a command writes beside its --output; may be empty.
using Beside = std::function<std::vector<std::filesystem::path>(
    const CLI::App& command, const std::filesystem::path& output)>;

/// Where a flag names what a command writes (--output and its kin, when --help calls their value
/// FILE or DIR): refuses a name that cannot be written, once the flag is read.
void check_output(CLI::Option& option);

/// Of the commands that were given. Throws Error(kUsage) where a file that is written is also one
/// that is read (a source may be a list, or have braces), `config` included, or is written twice.
void refuse_overwritten_inputs(const CLI::App& program, const std::string& config,
                               const Beside& beside);

}  // namespace clipwright::flags
