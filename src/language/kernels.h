// llama.cpp's kernels: modules beside its library, one for each kind of processor, of which the
// process opens one.
#pragma once

#include <string>
#include <vector>

#include "core/process/kernel_choice.h"

namespace clipwright::language {

/// The environment variable that names the variant.
inline constexpr const char* kLlamaKernelsVariable = "CLIPWRIGHT_LLAMA_KERNELS";

/// "amx", "avx512-bf16", "avx512", "avx2": best first, with what this machine lacks for each.
std::vector<KernelVariant> llama_kernels();

/// The variant of this process. Throws Error(kUsage) when the environment asks for one that cannot
/// run here.
const KernelChoice& llama_kernel_choice();

/// Makes the chosen variant known to llama.cpp, once; a model cannot be loaded before. Throws
/// Error(kFailed) when its module cannot be opened.
void open_llama_kernels();

}  // namespace clipwright::language
