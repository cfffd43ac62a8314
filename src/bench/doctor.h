// What this machine has, and what a run on it would miss.
#pragma once

#include <string>

namespace clipwright::bench {

/// A line a finding: processor and instruction sets, memory, CUDA, and each data file
/// the program looks for, with what to install when one is missing.
std::string examine_machine();

}  // namespace clipwright::bench
