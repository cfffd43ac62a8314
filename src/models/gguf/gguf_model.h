// A CLIP model as one GGUF file: the image tower under the names of llama.cpp's mtmd, the text
// tower under those of clip.cpp (docs/formats/gguf.md says which loader reads which).
#pragma once

#include <filesystem>

#include "models/clip.h"

namespace clipwright::models::gguf {

enum class Precision {
  kFloat32,  ///< but for the patch embedding, which clip.cpp's convolution takes as float16 only
  kFloat16,  ///< matrices; vectors and positions stay float32
};

/// Throws Error(kUsage) for a ResNet, for parts that GGUF has no name for, and for numbers that
/// float16 cannot hold, by their names; Error(kFailed) when the disk refuses.
void write_gguf_model(const Clip& model, const std::filesystem::path& path,
                      Precision precision = Precision::kFloat32);

}  // namespace clipwright::models::gguf
