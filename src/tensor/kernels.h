// Choices by processor that the tensor library makes for itself, brought under the same rules as
// our own: named, checked, avoided where they fail.
#pragma once

#include <string>
#include <vector>

#include "core/process/kernel_choice.h"

namespace clipwright::tensor {

/// Functions of single elements and rows (softmax, norms, GELU): the tensor library's own variable.
inline constexpr const char* kTensorKernelsVariable = "ATEN_CPU_CAPABILITY";
/// Products in bfloat16, by the oneDNN inside the tensor library: oneDNN's own variable.
inline constexpr const char* kBfloat16Variable = "ONEDNN_MAX_CPU_ISA";

/// Best first, with what this machine lacks for each.
std::vector<KernelVariant> tensor_kernel_variants();
std::vector<KernelVariant> bfloat16_variants();
KernelChoice tensor_kernel_choice();
KernelChoice bfloat16_choice();

/// Where the self-check has found one of these libraries' own choices at fault, asks them for the
/// next by their variables. To be called before the first tensor is made; the environment's own
/// wishes stay.
void avoid_failing_tensor_kernels();

/// Values (N) of fixed inputs, float32 in the process's kernels or float64 by definition: what the
/// self-check compares.
std::vector<float> probe_matrix_products();
std::vector<float> plain_matrix_products();
std::vector<float> probe_tensor_kernels();
std::vector<float> plain_tensor_kernels();
std::vector<float> probe_bfloat16();
std::vector<float> plain_bfloat16();

}  // namespace clipwright::tensor
