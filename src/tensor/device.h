// Where tensors live. One binary serves CPU and CUDA: the CUDA half of the tensor library is opened
// at run time when it is asked for.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// "cpu", "cuda" or "cuda:N". For CUDA opens libtorch_cuda.so beside libtorch_cpu.so. Throws
/// Error(kUsage) for another name, Error(kFailed) when the library, the driver or the device is
/// missing, saying which.
torch::Device open_device(const std::string& name);

/// Threads of the tensor library for this process (its pool is one for all operations). 0: every
/// core this process may use.
void set_compute_threads(int threads);

}  // namespace clipwright::tensor
