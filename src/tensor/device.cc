#include "tensor/device.h"

#include <torch/cuda.h>

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"

namespace clipwright::tensor {
namespace {

void open_cuda_library() {
  static void* const library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    fail_running(std::string("the CUDA half of the tensor library cannot be opened (") +
                     (reason != nullptr ? reason : "it was tried before and failed") + ")",
                 {}, "Fetch it with ./run --cuda build, or use --device cpu.");
  }
  if (!torch::cuda::is_available()) {
    fail_running("no CUDA device answers", "an NVIDIA driver and a device that nvidia-smi lists",
                 "Use --device cpu to train on the processor.");
  }
}

}  // namespace

torch::Device open_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  const bool numbered =
      name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 8 &&
      std::all_of(name.begin() + 5, name.end(), [](unsigned char c) { return std::isdigit(c); });
  if (name != "cuda" && !numbered) fail_usage("device '" + name + "'", "cpu, cuda or cuda:N");
  open_cuda_library();
  const int index = numbered ? std::stoi(name.substr(5)) : 0;
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (index >= count) {
    fail_usage("device '" + name + "'",
               "an index below " + std::to_string(count) + ", the number of CUDA devices here");
  }
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

void set_compute_threads(int threads) {
  if (threads <= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  }
  at::set_num_threads(threads);
}

}  // namespace clipwright::tensor
