#include "tensor/kernels.h"

#include <cstdlib>
#include <map>

#include "core/log.h"
#include "tensor/linear.h"

namespace clipwright::tensor {
namespace {

/// Numbers between -1 and 1 that look random and are the same on every machine.
Tensor numbers(int64_t rows, int64_t columns, uint32_t seed) {
  Tensor out = torch::empty({rows, columns}, torch::kFloat32);
  float* to = out.data_ptr<float>();
  uint32_t state = seed;
  for (int64_t i = 0; i < out.numel(); ++i) {
    state = state * 1664525U + 1013904223U;
    to[i] = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0F;
  }
  return out;
}

std::vector<float> values(const std::vector<Tensor>& tensors) {
  std::vector<float> all;
  for (const Tensor& tensor : tensors) {
    const Tensor flat = tensor.detach().to(torch::kFloat32).contiguous().flatten();
    const float* from = flat.const_data_ptr<float>();
    all.insert(all.end(), from, from + flat.numel());
  }
  return all;
}

// Sizes that are no multiple of any register, and one that is large enough to be split up.
struct Shape {
  int64_t rows, inner, columns;
};
constexpr Shape kShapes[] = {{1, 33, 17}, {37, 130, 65}, {96, 256, 192}};

/// a b for (m, k) and (k, n), by the definition in double precision.
Tensor definition(const Tensor& a, const Tensor& b) {
  Tensor out = torch::empty({a.size(0), b.size(1)}, torch::kFloat32);
  const auto left = a.accessor<float, 2>(), right = b.accessor<float, 2>();
  auto to = out.accessor<float, 2>();
  for (int64_t i = 0; i < a.size(0); ++i) {
    for (int64_t j = 0; j < b.size(1); ++j) {
      double sum = 0;
      for (int64_t k = 0; k < a.size(1); ++k) sum += double{left[i][k]} * double{right[k][j]};
      to[i][j] = static_cast<float>(sum);
    }
  }
  return out;
}

template <typename Product>
std::vector<float> products(const Product& product) {
  std::vector<Tensor> all;
  for (const Shape& shape : kShapes) {
    const Tensor a = numbers(shape.rows, shape.inner, 1),
                 b = numbers(shape.inner, shape.columns, 2);
    const Tensor transposed = numbers(shape.columns, shape.inner, 3);
    all.push_back(product(a, b));
    all.push_back(product(a, transposed.t()));
  }
  return values(all);
}

/// What a tower does between its products, in the type of `x` (R, C).
std::vector<Tensor> tower_functions(const Tensor& x) {
  const Tensor row = x[0], wide = x * 4;
  return {torch::softmax(wide, 1),
          torch::log_softmax(wide, 1),
          torch::gelu(wide),
          torch::layer_norm(x, {x.size(1)}, row, row),
          quick_gelu(wide),
          torch::sigmoid(wide),
          torch::exp(wide),
          x.sum(0),
          torch::rsqrt(x.square() + 1e-3)};
}

/// What the user's environment asks for, whatever was set since.
std::string wish_at_start(const char* variable) {
  const auto now = [](const char* name) {
    const char* wish = std::getenv(name);
    return std::string(wish != nullptr ? wish : "");
  };
  static const std::map<std::string, std::string> wishes = {
      {kTensorKernelsVariable, now(kTensorKernelsVariable)},
      {kBfloat16Variable, now(kBfloat16Variable)}};
  return wishes.at(variable);
}

/// What these libraries are asked for is theirs to judge: they know names that we do not.
KernelChoice choice_of(const char* variable, const std::vector<KernelVariant>& variants) {
  if (const std::string wish = wish_at_start(variable); !wish.empty())
    return {wish, std::string(variable) + " asks for it"};
  return best_kernels(variable, variants);
}

constexpr int64_t kRows = 37, kColumns = 130;

}  // namespace

std::vector<KernelVariant> tensor_kernel_variants() {
  return {{"avx512", missing_instructions("avx2 avx512f avx512vl avx512bw avx512dq")},
          {"avx2", missing_instructions("avx2")},
          {"default", ""}};
}

std::vector<KernelVariant> bfloat16_variants() {
  return {
      {"AVX512_CORE_AMX",
       missing_instructions("avx512f avx512bw avx512dq avx512vl avx512bf16 amx-tile amx-int8")},
      {"AVX512_CORE_BF16", missing_instructions("avx512f avx512bw avx512dq avx512vl avx512bf16")},
      {"AVX512_CORE", missing_instructions("avx512f avx512bw avx512dq avx512vl")},
      {"AVX2", ""}};
}

KernelChoice tensor_kernel_choice() {
  return choice_of(kTensorKernelsVariable, tensor_kernel_variants());
}
KernelChoice bfloat16_choice() { return choice_of(kBfloat16Variable, bfloat16_variants()); }

void avoid_failing_tensor_kernels() {
  if (known_kernel_findings().empty()) return;
  const auto avoid = [](const char* variable, const std::vector<KernelVariant>& variants) {
    const KernelChoice choice = choice_of(variable, variants);
    if (!choice.avoided) return;
    log_warning(std::string(variable) + "=" + choice.variant + ", since " + choice.reason);
    ::setenv(variable, choice.variant.c_str(), 1);
  };
  avoid(kTensorKernelsVariable, tensor_kernel_variants());
  avoid(kBfloat16Variable, bfloat16_variants());
}

std::vector<float> probe_matrix_products() {
  return products([](const Tensor& a, const Tensor& b) { return matrix_product(a, b); });
}
std::vector<float> plain_matrix_products() {
  return products([](const Tensor& a, const Tensor& b) { return definition(a, b); });
}

std::vector<float> probe_tensor_kernels() {
  return values(tower_functions(numbers(kRows, kColumns, 4)));
}
std::vector<float> plain_tensor_kernels() {
  return values(tower_functions(numbers(kRows, kColumns, 4).to(torch::kFloat64)));
}

std::vector<float> probe_bfloat16() {
  return products([](const Tensor& a, const Tensor& b) {
    return at::matmul(a.to(torch::kBFloat16), b.to(torch::kBFloat16));
  });
}
std::vector<float> plain_bfloat16() {
  return products([](const Tensor& a, const Tensor& b) {
    const auto rounded = [](const Tensor& x) { return x.to(torch::kBFloat16).to(torch::kFloat32); };
    return definition(rounded(a), rounded(b));
  });
}

}  // namespace clipwright::tensor
