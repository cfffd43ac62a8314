// Weights as other programs leave them, made to fit a model: their names, and tables of positions
// for another resolution or context.
#pragma once

#include <string>
#include <vector>

#include "tensor/parameter_table.h"

namespace clipwright::models {

/// Names without what a wrapper put in front of them: torch.compile's "_orig_mod." anywhere and
/// "module." (of parallel training) where all begin with it, in any nesting.
std::vector<NamedTensor> without_wrappers(std::vector<NamedTensor> tensors);
/// The same without CustomTextCLIP's "text.". As they were where two tensors would get one name.
std::vector<NamedTensor> with_plain_names(std::vector<NamedTensor> tensors);

/// Positions for the grid or the context that `table` has, where the weights have another, as
/// open_clip 3.3.0 makes them when it loads weights: an image's are resampled bicubically with
/// antialiasing (resize_pos_embed), the class token's stays; a text's linearly
/// (resize_text_pos_embed). Of a timm tower and a ResNet's pooling too, which open_clip leaves to
/// fail. The log warns of each. Positions of another width, or of no square grid, stay for `load`
/// to refuse.
void fit_positions(std::vector<NamedTensor>& tensors, const tensor::ParameterTable& table,
                   const std::string& where);

}  // namespace clipwright::models
