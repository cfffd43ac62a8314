#include "losses/drawing.h"

#include <ATen/CPUGeneratorImpl.h>

#include "core/random.h"

namespace clipwright::losses {
namespace {

at::Generator generator_of(uint64_t seed, const std::string& name) {
  return at::make_generator<at::CPUGeneratorImpl>(hash64(name, hash64("objective", seed)));
}

}  // namespace

Tensor drawn_uniform(torch::IntArrayRef shape, double half, uint64_t seed,
                     const std::string& name) {
  return at::empty(shape, torch::kFloat32).uniform_(-half, half, generator_of(seed, name));
}

Tensor drawn_normal(torch::IntArrayRef shape, double deviation, uint64_t seed,
                    const std::string& name) {
  return at::empty(shape, torch::kFloat32).normal_(0, deviation, generator_of(seed, name));
}

}  // namespace clipwright::losses
