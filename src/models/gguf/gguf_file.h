// A GGUF file of version 3, as ggml's gguf.h describes it: keys with values, then tensors,
// little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::models::gguf {

/// What a key may hold.
using Value =
    std::variant<bool, uint32_t, float, std::string, std::vector<float>, std::vector<std::string>>;

class GgufFile {
 public:
  void set(const std::string& key, Value value) { values_.push_back({key, std::move(value)}); }
  /// Float32 or float16, of up to four dimensions, the innermost last (in the file it is first).
  /// Throws Error(kUsage) for a float16 that does not hold the tensor's numbers.
  void add(const std::string& name, const Tensor& tensor, bool half = false);

  /// Atomically, in the order of `set` and `add`: the same contents give the same bytes. Throws
  /// Error(kFailed) when the disk refuses.
  void write(const std::filesystem::path& path) const;

 private:
  struct KeyValue {
    std::string key;
    Value value;
  };
  std::vector<KeyValue> values_;
  std::vector<NamedTensor> tensors_;
};

}  // namespace clipwright::models::gguf
