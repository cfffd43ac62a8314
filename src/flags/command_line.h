// The command line of every program of the house: flags, environment (CLIPWRIGHT_<FLAG>) and
// --config TOML, in that order of precedence; errors as one sentence on stderr, exit codes as
// documented.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "flags/outputs.h"

namespace clipwright::flags {

struct Program {
  std::string name;  ///< as typed
  /// Adds description, flags or commands, and footer. A program without commands takes --config
  /// itself, otherwise each of its commands does.
  std::function<void(CLI::App&)> build;
  /// What is settled before anything runs, whatever the command; may throw Error.
  std::function<void()> prepare = {};
  /// The sections that a --config file of a command may have, by its name. A command that is not
  /// here takes any: sections are for readers.
  std::map<std::string, std::vector<std::string>> sections = {};
  Beside beside = {};  ///< what commands write beside their --output
};

/// Parses the arguments, runs the callbacks of what was named, turns errors into one sentence.
/// Returns the exit code.
int run(const Program& program, int argc, char** argv);

}  // namespace clipwright::flags
