// A model written in another form.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_argument.h"

namespace clipwright::train::folder {

/// "open_clip" (a directory of open_clip's) and "hf" (a folder of transformers' CLIPModel).
std::vector<std::string> model_formats();

/// Writes any model that load_trained_model() reads to the folder `output`, which appears when it
/// is whole. Throws Error(kUsage) for an unknown format, a model that the format cannot hold, and a
/// folder that is there and not empty; Error(kFailed) where it cannot be written.
void convert_model(const models::ModelArgument& model, std::string_view format,
                   const std::filesystem::path& output);

}  // namespace clipwright::train::folder
