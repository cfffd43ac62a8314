// The names and shapes a model's tensors have in files: open_clip's, with timm's inside a LaCLIP
// vision tower.
#pragma once

#include "models/towers/text_transformer.h"
#include "models/towers/vision_transformer.h"
#include "tensor/parameter_table.h"

namespace clipwright::models {

/// The tensors of a vision transformer, under "visual.".
tensor::ParameterTable vision_table(const towers::VisionTransformer& vision);

/// A whole model in open_clip's order: the text tower's bare parameters, the scale, the image
/// tower, the rest of the text tower.
tensor::ParameterTable clip_table(const towers::TextTransformer& text, const Tensor& logit_scale,
                                  const tensor::ParameterTable& vision);

}  // namespace clipwright::models
