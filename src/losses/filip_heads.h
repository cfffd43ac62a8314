// FILIP's heads by themselves: what compares patches with words after training.
#pragma once

#include <filesystem>
#include <optional>

#include "tensor/tensor.h"

namespace clipwright::losses {

/// Linear maps of both towers' rows to one width D, whose rows are compared at unit length.
struct FilipHeads {
  Tensor image_weight, image_bias;  ///< (D, image width), (D)
  Tensor text_weight, text_bias;    ///< (D, text width), (D)
  bool padding =
      false;  ///< they were trained with the rows behind a text, up to the context length

  Tensor image_rows(const Tensor& patches) const;  ///< (..., W) to (..., D) of unit length
  Tensor text_rows(const Tensor& tokens) const;    ///< (T, W) to (T, D) of unit length
};

/// The file of heads beside a model's weights.
constexpr const char* kFilipHeadsName = "filip_heads.safetensors";

/// A tensor that is there where the heads were trained with padding, in either file.
constexpr const char* kFilipPadding = "padding";

/// From a model's folder: its own file of heads, or a checkpoint's objective. Nothing where there
/// are none. Throws Error(kInput) for heads that are damaged or incomplete.
std::optional<FilipHeads> read_filip_heads(const std::filesystem::path& folder);

/// Writes the file of heads, atomically. `global_features`: the run trained those as well.
void write_filip_heads(const std::filesystem::path& folder, const FilipHeads& heads,
                       bool global_features = true);

/// Whether a model's folder says that its global features were never trained.
bool lacks_global_features(const std::filesystem::path& folder);

}  // namespace clipwright::losses
