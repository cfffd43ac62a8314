// A run of this program by itself, to see whether something kills it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clipwright {

struct ChildResult {
  int exit_code = 0;      ///< of a process that ended by itself
  int signal = 0;         ///< that ended it; 0 for none
  std::string output;     ///< all of stdout
  std::string complaint;  ///< the last 4 KiB of stderr
};

/// Runs this program with `arguments` and the environment plus `settings`, and waits for its end.
/// Throws Error(kFailed) when no process can be started.
ChildResult run_this_program(const std::vector<std::string>& arguments,
                             const std::map<std::string, std::string>& settings);

/// The same with what it says on stderr shown as it comes and nothing kept. A SIGINT or SIGTERM
/// that reaches this process (interrupt.h) is passed on, and the child's end is waited for.
ChildResult run_this_program_aloud(const std::vector<std::string>& arguments);

}  // namespace clipwright
