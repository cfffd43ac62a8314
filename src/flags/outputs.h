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

/// Of the commands that were given, once their flags are read: what --output and its kin name, when
/// --help calls their value FILE or DIR. Throws Error(kUsage) where nothing can be written, and
/// where a file that is written is also one that is read (a source may be a list, or have braces),
/// `config` included, or is written twice.
void check_outputs(const CLI::App& program, const std::string& config, const Beside& beside);

}  // namespace clipwright::flags
