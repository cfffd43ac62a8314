// The self-check of everything that the processor chooses (core/process/kernel_choice.h): each
// variant that this machine can run is tried in a process of its own, since what is wrong with
// kernels is as often an illegal instruction as a wrong number.
#pragma once

#include <string>
#include <vector>

#include "core/process/kernel_choice.h"

namespace clipwright::bench {

struct KernelTrial {
  std::string part;      ///< "language model"
  std::string variable;  ///< "CLIPWRIGHT_LLAMA_KERNELS"
  KernelVariant variant;
  bool ran = false;       ///< its numbers were compared
  double distance = 0;    ///< from the plain path's, as a fraction
  std::string failure;    ///< how it died or differed; empty where it agreed
  std::string unchecked;  ///< why it could not be tried, though this machine can run it
};

/// Tries every variant, keeps what failed in the user's cache folder (so that this program does not
/// use it any more, or uses it again), and returns all trials.
std::vector<KernelTrial> check_kernels();

/// Which variant of each part is in use and for what reason, then how each one did; a line each.
std::string describe_kernels(const std::vector<KernelTrial>& trials);

/// The first part of which no variant works; empty where there is none.
std::string part_without_kernels(const std::vector<KernelTrial>& trials);

/// What a child process of the check does: computes one part with the kernels that its environment
/// chooses and returns the numbers. Throws Error(kUsage) for an unknown part.
std::vector<float> probe_kernels(const std::string& part);

}  // namespace clipwright::bench
