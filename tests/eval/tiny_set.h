// A CLIP of a few thousand weights and a few pictures, for tests of whole evaluations.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/npy.h"
#include "data/source/dataset.h"
#include "models/clip.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval {

inline const fs::path kGoldenEval = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/eval";

inline models::ModelConfig tiny_config() {
  models::ModelConfig config;
  config.name = "custom";
  config.embed_dim = 8;
  config.vision = {.image_size = 16, .patch_size = 8, .width = 16, .layers = 1, .heads = 2};
  config.text.width = 16;
  config.text.layers = 1;
  config.text.heads = 2;
  return config;
}

/// Weights far from their start, so that pictures and texts have clearly different features.
inline std::shared_ptr<models::Clip> tiny_clip() {
  auto model = std::make_shared<models::Clip>(tiny_config(), 5);
  torch::NoGradGuard no_grad;
  for (auto [name, tensor] : model->table().file_tensors()) {
    if (tensor.dim() >= 2) tensor.mul_(3);
  }
  return model;
}

inline Tensor golden_floats(const std::string& name) {
  const NpyArray array = read_npy(kGoldenEval / name);
  Tensor tensor = torch::empty(array.shape, torch::kFloat32);
  std::memcpy(tensor.data_ptr(), array.values<float>().data(), array.bytes.size());
  return tensor;
}

inline std::vector<int64_t> golden_integers(const std::string& name) {
  const NpyArray array = read_npy(kGoldenEval / name);
  const auto values = array.values<int64_t>();
  return {values.begin(), values.end()};
}

/// The pictures of tests/golden/eval in a folder a class.
inline void make_class_folders(const fs::path& root) {
  for (const std::string name : {"2", "10", "green_pear"}) {
    fs::create_directories(root / name);
    for (const char* number : {"0", "1", "2"}) {
      fs::copy_file(kGoldenEval / "pictures" / (name + "_" + number + ".png"),
                    root / name / (std::string(number) + ".png"),
                    fs::copy_options::overwrite_existing);
    }
  }
}

}  // namespace clipwright::eval
