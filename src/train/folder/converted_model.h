// A model written in another form, and models made of others: folders that appear when they are
// whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_argument.h"

namespace clipwright::train::folder {

/// "open_clip" (a directory of open_clip's), "hf" (a folder of transformers' CLIPModel), "onnx"
/// (two graphs, as immich and darktable read them) and "gguf" (a file as llama.cpp names things).
std::vector<std::string> model_formats();

/// How numbers may be stored: "f32", and in gguf "f16".
std::vector<std::string> model_dtypes();

/// Writes any model that load_trained_model() reads to the folder `output`, which appears when it
/// is whole. Throws Error(kUsage) for an unknown format, a dtype that it has not, a model that the
/// format cannot hold, and a folder that is there and not empty; Error(kInput) for weights that are
/// not finite; Error(kFailed) where it cannot be written.
void convert_model(const models::ModelArgument& model, std::string_view format,
                   const std::filesystem::path& output, std::string_view dtype = "f32");

/// The same, in float32, for the weights (1 - alpha) A + alpha B. Throws what models::interpolate()
/// throws too.
void interpolate_models(const std::string& a, const std::string& b, double alpha,
                        std::string_view format, const std::filesystem::path& output);

}  // namespace clipwright::train::folder
