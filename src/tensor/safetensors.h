// The safetensors format: an 8-byte little-endian header length, a JSON header, one buffer without
// holes (docs/formats/safetensors.md).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// A file's tensors in file order. They read from a mapping that lives as long as any of them.
struct Safetensors {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
  /// Null when there is none of that name.
  const Tensor* find(const std::string& name) const;
};

/// "F32", "BF16", "I64": a type as the format names it. Aborts for one that it has not.
const char* type_name(torch::ScalarType type);

/// Reads and checks a file. Throws Error(kInput) naming the file and the rule that is broken:
/// header length beyond the file or 100 MB, not JSON, a name twice, an unknown type, a shape whose
/// product overflows, offsets that overlap, leave holes or pass the end.
Safetensors read_safetensors(const std::filesystem::path& path);

/// Writes atomically, header padded to 8, tensors ordered by alignment then name; contiguous CPU
/// copies are made where needed.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace clipwright::tensor
