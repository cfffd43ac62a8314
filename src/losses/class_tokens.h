// A model's further class tokens by themselves: what gives a picture several embeddings after
// training (multi-text with class-tokens above 1).
#pragma once

#include <filesystem>

#include "tensor/tensor.h"

namespace clipwright::losses {

/// The file beside a model's weights: `class_tokens` (C - 1, W).
constexpr const char* kClassTokensName = "class_tokens.safetensors";

/// Writes that file, atomically.
void write_class_tokens(const std::filesystem::path& folder, const Tensor& tokens);

/// (C - 1, W) in float32, from a model's folder: its own file, or a checkpoint's objective;
/// undefined where there are none. Throws Error(kInput) for tokens that are damaged.
Tensor read_class_tokens(const std::filesystem::path& folder);

}  // namespace clipwright::losses
