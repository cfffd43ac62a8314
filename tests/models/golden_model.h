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
inline Tensor golden_pixels(const Clip& model, const fs::path& file = kGolden / "pixels.npy") {
  const NpyArray array = read_npy(file);
  Tensor pixels = torch::empty(array.shape, torch::kUInt8);
  std::memcpy(pixels.data_ptr(), array.bytes.data(), array.bytes.size());
  const int64_t size = model.config().vision.image_size;
  return normalize_pixels(pixels.narrow(2, 0, size).narrow(3, 0, size).contiguous(),
                          model.config().preprocess);
}

/// Rows of padded ids, each up to its end token: 95, the highest.
inline TextBatch golden_texts(const fs::path& file = kGolden / "ids.npy") {
  const NpyArray array = read_npy(file);
  const auto ids = array.values<int64_t>();
  text::bpe::PackedTexts texts;
  for (int64_t row = 0; row < array.shape[0]; ++row) {
    for (int64_t i = 0; i < array.shape[1]; ++i) {
      const auto id = static_cast<int32_t>(ids[static_cast<size_t>(row * array.shape[1] + i)]);
      texts.ids.push_back(id);
      if (id == 95) break;
    }
    texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
  }
  return to_text_batch(texts);
}

}  // namespace clipwright::models
