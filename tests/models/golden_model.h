// What tests of models read from tests/golden/models.
#pragma once

#include <cstring>

#include "core/file.h"
#include "core/npy.h"
#include "models/clip.h"

namespace clipwright::models {

inline const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/models";

inline Tensor load_floats(const fs::path& path) {
  const NpyArray array = read_npy(path);
  Tensor tensor = torch::empty(array.shape, torch::kFloat32);
  std::memcpy(tensor.data_ptr(), array.bytes.data(), array.bytes.size());
  return tensor;
}

/// As many pixels of the golden pictures as the model sees.
inline Tensor golden_pixels(const Clip& model) {
  const NpyArray array = read_npy(kGolden / "pixels.npy");
  Tensor pixels = torch::empty(array.shape, torch::kUInt8);
  std::memcpy(pixels.data_ptr(), array.bytes.data(), array.bytes.size());
  const int64_t size = model.config().vision.image_size;
  return normalize_pixels(pixels.narrow(2, 0, size).narrow(3, 0, size).contiguous(),
                          model.config().preprocess);
}

}  // namespace clipwright::models
