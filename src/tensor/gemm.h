// Single-precision matrix products on the processor. The tensor library uses MKL, which runs AVX2
// code on processors that are not Intel's even where they have AVX-512; oneDNN generates code for
// what the processor really has and was measured at twice MKL's rate on such a machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/process/kernel_choice.h"

namespace clipwright::tensor {

/// The environment variable that names the library.
inline constexpr const char* kGemmVariable = "CLIPWRIGHT_GEMM";

/// "onednn" and "mkl", the better one for this processor first, with what this machine lacks.
std::vector<KernelVariant> gemm_variants();
/// The library of this process. Throws Error(kUsage) when the environment asks for one that is not
/// here.
const KernelChoice& gemm_choice();

/// True when oneDNN's library was found and is the better choice here (or CLIPWRIGHT_GEMM=onednn
/// asks for it; CLIPWRIGHT_GEMM=mkl refuses it). Without a wish the answer depends on the machine
/// and on what its self-check found last (core/process/kernel_choice.h): a resumed run computes as
/// the first one did unless a check in between found otherwise.
bool onednn_gemm_chosen();

/// "oneDNN" or "MKL", for the log and benchmark tables.
std::string gemm_library();

/// C (m, n) = alpha * op(A) op(B) + beta * C, row-major, op transposing where asked. Needs
/// `onednn_gemm_chosen`.
void onednn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                 const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                 int64_t ldc);

}  // namespace clipwright::tensor
