// The tiled products of Q4_1 weights that are built into llama.cpp (cmake/llama/q4_1_tiles.h), in
// each of its modules that this machine can run.
#include <dlfcn.h>
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>
#include <gtest/gtest.h>
#include <llama.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace clipwright::language {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlock = 32;  // weights that share a scale and a minimum

/// Weights (rows, width) of random blocks, as the file holds them and as numbers.
struct Weights {
  Weights(int64_t rows, int64_t width, std::mt19937& random) : rows(rows), width(width) {
    std::uniform_real_distribution<float> scale(-0.1F, 0.1F), minimum(-1.0F, 1.0F);
    for (int64_t block = 0; block < rows * width / kBlock; ++block) {
      const ggml_fp16_t d = ggml_fp32_to_fp16(scale(random));
      const ggml_fp16_t m = ggml_fp32_to_fp16(minimum(random));
      uint8_t nibbles[kBlock / 2];
      for (uint8_t& two : nibbles) two = static_cast<uint8_t>(random());
      const auto add = [&](const void* data, size_t size) {
        const auto* begin = static_cast<const char*>(data);
        bytes.insert(bytes.end(), begin, begin + size);
      };
      add(&d, sizeof d), add(&m, sizeof m), add(nibbles, sizeof nibbles);
      for (int64_t i = 0; i < kBlock; ++i) {
        const int q = i < kBlock / 2 ? nibbles[i] & 15 : nibbles[i - kBlock / 2] >> 4;
        values.push_back(static_cast<double>(ggml_fp16_to_fp32(d)) * q +
                         static_cast<double>(ggml_fp16_to_fp32(m)));
      }
    }
  }
  int64_t rows, width;
  std::vector<char> bytes;
  std::vector<double> values;
};

/// Inputs (columns, width) that eight bits hold exactly, so that only the product's own error is
/// left: multiples of a power of two, the largest of a block 127 times it.
std::vector<float> exact_inputs(int64_t columns, int64_t width, std::mt19937& random) {
  std::vector<float> inputs;
  std::uniform_int_distribution<int> number(-127, 127), exponent(-9, -3);
  for (int64_t i = 0; i < columns * width; i += kBlock) {
    const float step = std::ldexp(1.0F, exponent(random));
    for (int64_t k = 0; k < kBlock; ++k)
      inputs.push_back(step * static_cast<float>(k == 5 ? 127 : number(random)));
  }
  return inputs;
}

struct Module {
  std::string name;
  ggml_backend_dev_t device;
  ggml_backend_buffer_type_t tiles;
  void (*set_threads)(ggml_backend_t, int);
};

/// The modules beside libllama.so that this processor can run.
std::vector<Module> modules() {
  Dl_info info{};
  EXPECT_NE(dladdr(reinterpret_cast<const void*>(&llama_backend_init), &info), 0);
  std::vector<Module> found;
  for (const fs::directory_entry& file :
       fs::directory_iterator(fs::path(info.dli_fname).parent_path())) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with("libggml-cpu-")) continue;
    ggml_backend_reg_t registry = ggml_backend_load(file.path().c_str());
    if (registry == nullptr) continue;
    Module module{name, ggml_backend_reg_dev_get(registry, 0), nullptr, nullptr};
    const auto buffers = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_dev_get_extra_bufts"));
    module.set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"));
    for (auto* type = buffers(module.device); *type != nullptr; ++type) {
      if (std::string(ggml_backend_buft_name(*type)) == "CPU_REPACK") module.tiles = *type;
    }
    found.push_back(module);
  }
  return found;
}

struct FreeContext {
  void operator()(ggml_context* context) const { ggml_free(context); }
};
struct FreeBackend {
  void operator()(ggml_backend_t backend) const { ggml_backend_free(backend); }
};
struct FreeBuffer {
  void operator()(ggml_backend_buffer_t buffer) const { ggml_backend_buffer_free(buffer); }
};

/// The product (columns, rows) as the module computes it from its tiles; empty when it has none for
/// weights of this shape.
std::vector<float> product(const Module& module, const Weights& weights,
                           const std::vector<float>& inputs, int threads) {
  const auto columns = static_cast<int64_t>(inputs.size()) / weights.width;
  const std::unique_ptr<ggml_context, FreeContext> context(
      ggml_init({.mem_size = 16 * ggml_tensor_overhead() + ggml_graph_overhead(),
                 .mem_buffer = nullptr,
                 .no_alloc = true}));
  ggml_tensor* w = ggml_new_tensor_2d(context.get(), GGML_TYPE_Q4_1, weights.width, weights.rows);
  const std::unique_ptr<ggml_backend_buffer, FreeBuffer> tiles(
      ggml_backend_buft_alloc_buffer(module.tiles, weights.bytes.size()));
  ggml_backend_tensor_alloc(tiles.get(), w, ggml_backend_buffer_get_base(tiles.get()));
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, weights.width, columns);
  ggml_tensor* y = ggml_mul_mat(context.get(), w, x);
  if (!ggml_backend_dev_supports_op(module.device, y)) return {};
  ggml_backend_tensor_set(w, weights.bytes.data(), 0, weights.bytes.size());
  const std::unique_ptr<ggml_backend, FreeBackend> backend(
      ggml_backend_dev_init(module.device, nullptr));
  module.set_threads(backend.get(), threads);
  const std::unique_ptr<ggml_backend_buffer, FreeBuffer> rest(
      ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  ggml_backend_tensor_set(x, inputs.data(), 0, inputs.size() * sizeof(float));
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, y);
  EXPECT_EQ(ggml_backend_graph_compute(backend.get(), graph), GGML_STATUS_SUCCESS);
  std::vector<float> result(static_cast<size_t>(columns * weights.rows));
  ggml_backend_tensor_get(y, result.data(), 0, result.size() * sizeof(float));
  return result;
}

TEST(Q41Tiles, ProductsAreTheFormulasInEveryModule) {
  const std::vector<Module> all = modules();
  ASSERT_FALSE(all.empty());
  std::mt19937 random(7);
  for (const Module& module : all) {
    ASSERT_NE(module.tiles, nullptr) << module.name;
    for (const int64_t rows : {8, 24, 40, 192}) {
      for (const int64_t width : {32, 96, 576, 1536}) {
        const Weights weights(rows, width, random);
        for (const int64_t columns : {1, 2, 3, 4, 5, 7, 8, 16, 17, 20, 33}) {
          const std::vector<float> inputs = exact_inputs(columns, width, random);
          const std::vector<float> result =
              product(module, weights, inputs, 1 + static_cast<int>(columns % 3));
          ASSERT_EQ(result.size(), static_cast<size_t>(columns * rows)) << module.name;
          for (int64_t c = 0; c < columns; ++c) {
            for (int64_t r = 0; r < rows; ++r) {
              double sum = 0, size = 0;
              for (int64_t k = 0; k < width; ++k) {
                const double term = weights.values[static_cast<size_t>(r * width + k)] *
                                    static_cast<double>(inputs[static_cast<size_t>(c * width + k)]);
                sum += term, size += std::abs(term);
              }
              ASSERT_NEAR(result[static_cast<size_t>(c * rows + r)], sum, 1e-6 * size)
                  << module.name << ", " << rows << " x " << width << ", column " << c << " of "
                  << columns << ", row " << r;
            }
          }
        }
      }
    }
  }
}

TEST(Q41Tiles, AColumnDoesNotDependOnItsCompanyOrTheThreads) {
  std::mt19937 random(8);
  for (const Module& module : modules()) {
    const Weights weights(136, 576, random);
    const std::vector<float> inputs = exact_inputs(36, 576, random);
    const std::vector<float> all = product(module, weights, inputs, 1);
    for (const int threads : {1, 2, 3}) {
      for (const size_t columns : {4U, 8U, 20U, 36U}) {
        const std::vector<float> some = product(
            module, weights, {inputs.begin(), inputs.begin() + static_cast<int64_t>(columns * 576)},
            threads);
        ASSERT_EQ(some.size(), columns * 136);
        EXPECT_EQ(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)), 0)
            << module.name << ", " << columns << " columns, " << threads << " threads";
      }
    }
  }
}

TEST(Q41Tiles, RowsThatFillNoTileAreLeftToThePlainKernels) {
  std::mt19937 random(9);
  for (const Module& module : modules())
    EXPECT_TRUE(product(module, Weights(12, 64, random), exact_inputs(4, 64, random), 1).empty());
}

}  // namespace
}  // namespace clipwright::language
