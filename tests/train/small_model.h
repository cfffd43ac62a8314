// A model small enough to be made in a test in no time.
#pragma once

#include "models/clip.h"

namespace clipwright::train {

inline models::ModelConfig small_config() {
  models::ModelConfig config;
  config.name = "custom";
  config.embed_dim = 16;
  config.vision = {.image_size = 32, .patch_size = 16, .width = 16, .layers = 2, .heads = 2};
  config.text = {.context_length = 12, .vocabulary_size = 64, .width = 16, .layers = 2, .heads = 2};
  return config;
}

}  // namespace clipwright::train
