// What a --model argument may be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/clip.h"
#include "models/model_argument.h"

namespace clipwright::models {

/// Written last into a checkpoint's folder: without it a checkpoint does not count.
constexpr const char* kCheckpointDone = "DONE";
/// N of a checkpoint's folder step_<N> by its name, or -1.
int64_t checkpoint_step(const std::filesystem::path& folder);
/// The checkpoints in `folder` that were written to their end, oldest first; none where there is no
/// such folder.
std::vector<std::filesystem::path> finished_checkpoints(const std::filesystem::path& folder);

/// The folder that `load_model` reads: the model's own, a run's `model/` or newest checkpoint;
/// empty for what is no folder. Throws what `load_model` throws.
std::filesystem::path find_model_folder(const std::string& model);

/// What `load_model` would make, without its weights. Throws what that throws of names and
/// configurations.
ModelConfig read_model_config(const ModelArgument& argument);

/// Whether a --model argument leads to weights: neither a name nor a configuration alone. Throws
/// what `load_model` throws of folders.
bool has_weights(const std::string& model);
/// Whether it is a file of weights by itself, of which --model-config and --names can say more.
bool is_weights_file(const std::string& model);

/// An architecture's name or configuration (.json) with fresh weights from `seed`, an open_clip
/// directory, a file of weights, a run's folder or a checkpoint of ours. Throws Error(kUsage) when
/// it is none of these or no file of weights and the argument says more, Error(kInput) where
/// nothing is, and when it is damaged or does not fit.
std::shared_ptr<Clip> load_model(const ModelArgument& argument, uint64_t seed = 0);
/// The same for what needs a trained model: an architecture name is an Error(kUsage), because fresh
/// weights give numbers that look like results and mean nothing.
std::shared_ptr<Clip> load_trained_model(const ModelArgument& argument);
/// The same for what evaluates any model: an architecture name is taken, with a warning.
std::shared_ptr<Clip> load_model_to_evaluate(const ModelArgument& argument);

}  // namespace clipwright::models
