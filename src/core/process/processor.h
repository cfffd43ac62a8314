// What machine this is, for records of what was measured or trained on it.
#pragma once

#include <cstdint>
#include <string>

namespace clipwright {

/// As the processor calls itself: "AMD EPYC 9R14"; "unknown" where the system does not say.
std::string processor_name();
/// Threads that it runs at once.
int64_t processor_threads();
/// Of the machine, in bytes.
int64_t machine_memory();

}  // namespace clipwright
