// Arrays as NumPy saves them, for tests that read features from files.
#pragma once

#include <string>
#include <vector>

#include "core/file.h"
#include "core/npy.h"
#include "tensor/tensor.h"

namespace clipwright::eval {

/// `values` in any element type of the tensor library.
inline std::string save_npy(const fs::path& path, const Tensor& values) {
  const Tensor array = values.contiguous();
  const char* type = array.scalar_type() == torch::kFloat32   ? "<f4"
                     : array.scalar_type() == torch::kFloat64 ? "<f8"
                     : array.scalar_type() == torch::kHalf    ? "<f2"
                     : array.scalar_type() == torch::kInt32   ? "<i4"
                     : array.scalar_type() == torch::kInt64   ? "<i8"
                     : array.scalar_type() == torch::kInt16   ? "<i2"
                     : array.scalar_type() == torch::kInt8    ? "|i1"
                                                              : "|u1";
  const std::vector<int64_t> shape(array.sizes().begin(), array.sizes().end());
  write_file(path,
             npy_header(type, shape) + std::string(static_cast<const char*>(array.const_data_ptr()),
                                                   static_cast<size_t>(array.nbytes())));
  return path.string();
}

}  // namespace clipwright::eval
