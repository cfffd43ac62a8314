// The tensor type, from the one library below (libtorch). Folders that include this share one
// precompiled header.
#pragma once

// torch/torch.h would bring all layers, optimisers and data loaders of the library, whose inline
// code every unit then instantiates: ten seconds each.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

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
