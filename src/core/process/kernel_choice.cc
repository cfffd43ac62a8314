#include "core/process/kernel_choice.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"

namespace clipwright {
namespace {

struct InstructionSet {
  std::string_view name;   ///< the compiler's
  std::string_view known;  ///< people's
  bool there;              ///< of the processor, and saved by the operating system
};

// The compiler's built-in function takes literals only.
#define CLIPWRIGHT_INSTRUCTIONS(name, known) \
  InstructionSet { name, known, __builtin_cpu_supports(name) != 0 }

const auto& instruction_sets() {
  static const std::array sets = {CLIPWRIGHT_INSTRUCTIONS("avx2", "AVX2"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512f", "AVX-512"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512bw", "AVX-512 BW"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512cd", "AVX-512 CD"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512dq", "AVX-512 DQ"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512vl", "AVX-512 VL"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512vbmi", "AVX-512 VBMI"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512vnni", "AVX-512 VNNI"),
                                  CLIPWRIGHT_INSTRUCTIONS("avx512bf16", "AVX-512 BF16"),
#ifdef __clang__  // whose function does not know AMX; only fuzzers are built with it
                                  InstructionSet{"amx-tile", "AMX", false},
                                  InstructionSet{"amx-int8", "AMX INT8", false}};
#else
                                  CLIPWRIGHT_INSTRUCTIONS("amx-tile", "AMX"),
                                  CLIPWRIGHT_INSTRUCTIONS("amx-int8", "AMX INT8")};
#endif
  return sets;
}
#undef CLIPWRIGHT_INSTRUCTIONS

/// Where findings for this kind of processor are kept; empty when nowhere.
fs::path findings_file() {
  const fs::path folder = user_cache_folder();
  std::ifstream info("/proc/cpuinfo");
  std::string kind;
  for (std::string line; std::getline(info, line) && !line.empty();) {
    if (line.starts_with("model name") || line.starts_with("flags")) kind += line + "\n";
  }
  if (folder.empty() || kind.empty()) return {};
  return folder / "kernels" / (hex(sha256(kind)).substr(0, 16) + ".json");
}

std::string names(std::span<const KernelVariant> variants, bool only_usable) {
  std::string list;
  for (const KernelVariant& variant : variants) {
    if (!only_usable || variant.lacks.empty()) list += (list.empty() ? "" : ", ") + variant.name;
  }
  return list;
}

}  // namespace

std::string missing_instructions(std::string_view needed) {
  std::istringstream words{std::string(needed)};
  std::string missing, family;
  for (std::string word; words >> word;) {
    const auto* const set =
        std::find_if(instruction_sets().begin(), instruction_sets().end(),
                     [&](const InstructionSet& candidate) { return candidate.name == word; });
    CW_CHECK(set != instruction_sets().end(), "no such instruction set is known: " + word);
    // Without a family's first set the others need no mention.
    if (set->there || (!family.empty() && set->known.starts_with(family))) continue;
    if (set->known.find(' ') == std::string_view::npos) family = std::string(set->known) + " ";
    missing += (missing.empty() ? "" : ", ") + std::string(set->known);
  }
  return missing;
}

KernelChoice choose_kernels(const char* variable, std::span<const KernelVariant> best_first) {
  const char* wish = std::getenv(variable);
  if (wish != nullptr && *wish != '\0') {
    for (const KernelVariant& variant : best_first) {
      if (variant.name != wish) continue;
      if (variant.lacks.empty()) return {variant.name, std::string(variable) + " asks for it"};
      fail_usage(std::string(variable) + "=" + wish + ", but this machine has no " + variant.lacks,
                 names(best_first, true), "Leave the variable out to use the best one.");
    }
    fail_usage(std::string(variable) + "=" + wish + " is not known",
               "one that this machine has: " + names(best_first, true) +
                   " (all: " + names(best_first, false) + ")");
  }
  return best_kernels(variable, best_first);
}

KernelChoice best_kernels(const char* variable, std::span<const KernelVariant> best_first) {
  const KernelFindings findings = known_kernel_findings();
  KernelChoice choice;
  for (const KernelVariant& variant : best_first) {
    if (!variant.lacks.empty()) continue;
    const auto failed = findings.find(std::string(variable) + "=" + variant.name);
    if (failed == findings.end()) {
      choice.variant = variant.name;
      if (!choice.avoided) choice.reason = "the best that this machine can run";
      return choice;
    }
    choice.variant = variant.name;  // of the last one, should all have failed
    choice.reason +=
        (choice.avoided ? "; " : "") + failed->first + " failed the self-check: " + failed->second;
    choice.avoided = true;
  }
  CW_CHECK(!choice.variant.empty(), "no variant can run here");
  return choice;
}

KernelFindings known_kernel_findings() {
  const fs::path file = findings_file();
  std::error_code error;
  if (file.empty() || !fs::exists(file, error)) return {};
  KernelFindings findings;
  try {  // a cache that cannot be read is one that holds nothing
    const Json known = read_json(file);
    for (const auto& [name, finding] : known.items()) findings[name] = finding.get<std::string>();
  } catch (const std::exception&) {
    return {};
  }
  return findings;
}

bool keep_kernel_findings(const KernelFindings& findings) {
  const fs::path file = findings_file();
  if (file.empty()) return false;
  std::error_code error;
  try {
    if (findings.empty()) {
      fs::remove(file, error);
      return !error;
    }
    make_folder(file.parent_path());
    write_file(file, Json(findings).dump(1) + "\n");
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace clipwright
