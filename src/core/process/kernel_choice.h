// Code that exists in several variants, of which the processor decides: matrix products, picture
// resizing, the language model's kernels. A variant that no test has run is a variant that does not
// work, so every such choice has a name, an environment variable and a self-check
// (`clipwright doctor --kernels`).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace clipwright {

struct KernelVariant {
  std::string name;   ///< what the environment variable takes: "avx512"
  std::string lacks;  ///< what this machine has not, "AVX-512 VNNI"; empty where it can run
};

struct KernelChoice {
  std::string variant;
  std::string reason;    ///< "the best that this processor can run"
  bool avoided = false;  ///< a better one failed the self-check
};

/// Chooses among variants, best first: the one that `variable` of the environment asks for; else
/// the first that can run and has not failed the self-check; else the last one that can run, which
/// by convention is the plain one. Throws Error(kUsage), with the names that this machine has, for
/// a variant that is unknown or that cannot run here.
KernelChoice choose_kernels(const char* variable, std::span<const KernelVariant> best_first);

/// The same where the environment's wish is someone else's business.
KernelChoice best_kernels(const char* variable, std::span<const KernelVariant> best_first);

/// The instruction sets of a space-separated list ("avx512f avx512vnni") that this processor or its
/// operating system has not, in the names that people know; empty when all are there.
std::string missing_instructions(std::string_view needed);

/// What the self-check found, by "VARIABLE=variant"; a sentence each. Kept in the user's cache
/// folder for this kind of processor; empty where there is no such folder or nothing failed.
using KernelFindings = std::map<std::string, std::string>;
KernelFindings known_kernel_findings();
/// Replaces what is kept. False when it could not be written.
bool keep_kernel_findings(const KernelFindings& findings);

}  // namespace clipwright
