// The names and shapes a model's tensors have in files: open_clip's, with timm's inside a LaCLIP
// vision tower.
#pragma once

#include <vector>

#include "models/text_transformer.h"
#include "models/vision_transformer.h"

namespace clipwright::models {

/// Views of a tower's parameters under their file names and in their file shapes (a projection that
/// the file stores the other way round is a transposed view), so that copying into a view loads the
/// parameter.
std::vector<NamedTensor> named_tensors(const VisionTransformer& vision);
std::vector<NamedTensor> named_tensors(const TextTransformer& text);

}  // namespace clipwright::models
