// The names of transformers' CLIPModel and those of open_clip's files.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace clipwright::models::files {

/// open_clip's tensors of transformers' ones: queries, keys and values are one there, projections
/// lie the other way.
std::vector<NamedTensor> from_hugging_face(std::vector<NamedTensor> tensors);
/// And back. Names that transformers does not have stay as they are.
std::vector<NamedTensor> to_hugging_face(const std::vector<NamedTensor>& tensors);

}  // namespace clipwright::models::files
