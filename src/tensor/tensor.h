// The tensor type, from the one library below (libtorch). Folders that include this share one
// precompiled header.
#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace clipwright {

using torch::Tensor;

/// A tensor with the name it has in files.
using NamedTensor = std::pair<std::string, Tensor>;

/// "(64, 3, 224, 224)" for messages.
std::string shape_text(const Tensor& tensor);

}  // namespace clipwright
