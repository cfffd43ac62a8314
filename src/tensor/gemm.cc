#include "tensor/gemm.h"

#include <cpuid.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::tensor {
namespace {

// Part of oneDNN's stable C interface since 1.0: row-major, returns 0 on success.
using DnnlSgemm = int (*)(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k,
                          float alpha, const float* a, int64_t lda, const float* b, int64_t ldb,
                          float beta, float* c, int64_t ldc);

DnnlSgemm open_onednn() {
  // DEEPBIND: the tensor library exports some weak symbols of another oneDNN version, which must
  // not replace this library's own.
  for (const char* name : {"libdnnl.so.3", "libdnnl.so.2"}) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)) {
      if (auto* function = reinterpret_cast<DnnlSgemm>(dlsym(library, "dnnl_sgemm")))
        return function;
    }
  }
  return nullptr;
}

bool processor_is_intel() {
  unsigned int eax = 0, name[3] = {};
  if (__get_cpuid(0, &eax, &name[0], &name[2], &name[1]) == 0) return false;
  return std::memcmp(name, "GenuineIntel", 12) == 0;
}

DnnlSgemm onednn() {
  static const DnnlSgemm function = open_onednn();
  return function;
}

/// `look`: open oneDNN's library to see whether it is there.
std::vector<KernelVariant> variants(bool look) {
  std::vector<KernelVariant> list = {{"mkl", ""}, {"onednn", ""}};
  if (look && onednn() == nullptr) list[1].lacks = "libdnnl (Debian's package libdnnl2)";
  if (!processor_is_intel()) std::swap(list[0], list[1]);
  return list;
}

/// A library that nobody will call is not opened: not where another is asked for, and above all not
/// where the self-check found that it kills the process.
bool onednn_is_wanted() {
  const char* wish = std::getenv(kGemmVariable);
  if (wish != nullptr && *wish != '\0') return std::string_view(wish) == "onednn";
  const KernelFindings findings = known_kernel_findings();
  const auto failed = [&](const char* name) {
    return findings.count(std::string(kGemmVariable) + "=" + name) != 0;
  };
  return !failed("onednn") && (!processor_is_intel() || failed("mkl"));
}

}  // namespace

std::vector<KernelVariant> gemm_variants() { return variants(true); }

const KernelChoice& gemm_choice() {
  static const KernelChoice choice = [] {
    KernelChoice chosen = choose_kernels(kGemmVariable, variants(onednn_is_wanted()));
    if (chosen.avoided)
      log_warning("matrix products use " + chosen.variant + ", since " + chosen.reason);
    return chosen;
  }();
  return choice;
}

bool onednn_gemm_chosen() {
  static const bool chosen = gemm_choice().variant == "onednn";
  return chosen;
}

std::string gemm_library() { return onednn_gemm_chosen() ? "oneDNN" : "MKL"; }

void onednn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                 const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                 int64_t ldc) {
  const int status = onednn()(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a,
                              lda, b, ldb, beta, c, ldc);
  CW_CHECK(status == 0, "dnnl_sgemm refused its arguments");
}

}  // namespace clipwright::tensor
