#include "language/kernels.h"

#include <dlfcn.h>
#include <ggml-backend.h>
#include <llama.h>

#include <array>
#include <filesystem>
#include <mutex>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::language {
namespace {

namespace fs = std::filesystem;

struct Module {
  const char* variant;
  const char* module;  ///< what llama.cpp calls this set of instructions
  const char* needs;
};

/// What llama.cpp's build compiles each module for (ggml/src/CMakeLists.txt). Its own test of the
/// processor does not ask whether the operating system saves the wide registers.
constexpr std::array<Module, 4> kModules = {
    {{"amx", "sapphirerapids",
      "avx2 avx512f avx512bw avx512cd avx512dq avx512vl avx512vbmi avx512vnni avx512bf16 amx-tile "
      "amx-int8"},
     {"avx512-bf16", "cooperlake",
      "avx2 avx512f avx512bw avx512cd avx512dq avx512vl avx512vnni avx512bf16"},
     {"avx512", "cascadelake", "avx2 avx512f avx512bw avx512cd avx512dq avx512vl avx512vnni"},
     {"avx2", "haswell", "avx2"}}};

/// The folder of libllama.so: in the cache, or lib/clipwright once installed.
fs::path library_folder() {
  Dl_info info{};
  const bool found = dladdr(reinterpret_cast<const void*>(&llama_backend_init), &info) != 0;
  CW_CHECK(found && info.dli_fname != nullptr, "the language model library has no file");
  return fs::path(info.dli_fname).parent_path();
}

fs::path file_of(const Module& module) {
  return library_folder() / (std::string("libggml-cpu-") + module.module + ".so");
}

}  // namespace

std::vector<KernelVariant> llama_kernels() {
  std::vector<KernelVariant> variants;
  for (const Module& module : kModules) {
    KernelVariant variant{module.variant, missing_instructions(module.needs)};
    std::error_code error;
    if (variant.lacks.empty() && !fs::exists(file_of(module), error))
      variant.lacks = file_of(module).string();
    variants.push_back(std::move(variant));
  }
  return variants;
}

const KernelChoice& llama_kernel_choice() {
  static const KernelChoice choice = [] {
    const std::vector<KernelVariant> variants = llama_kernels();
    if (!variants.back().lacks.empty()) {
      fail_running("the language model's plain kernels cannot be used: this machine has no " +
                       variants.back().lacks,
                   {}, "Build again with ./run build.");
    }
    return choose_kernels(kLlamaKernelsVariable, variants);
  }();
  return choice;
}

void open_llama_kernels() {
  static std::once_flag once;
  std::call_once(once, [] {
    const KernelChoice& choice = llama_kernel_choice();
    for (const Module& module : kModules) {
      if (choice.variant != module.variant) continue;
      if (ggml_backend_load(file_of(module).c_str()) == nullptr) {
        fail_running(file_of(module).string() + ": these kernels cannot be opened", {},
                     "Build again with ./run build, or choose others with " +
                         std::string(kLlamaKernelsVariable) + ".");
      }
    }
    if (choice.avoided)
      log_warning("the language model uses its " + choice.variant + " kernels, since " +
                  choice.reason);
  });
}

}  // namespace clipwright::language
