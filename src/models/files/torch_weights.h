// Weights from files of torch.save: state dictionaries, training checkpoints, TorchScript archives.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::models::files {

struct TorchWeights {
  std::vector<NamedTensor> tensors;
  std::string place;  ///< where in the file they stood: "state_dict", say; empty for its root
  /// Names of what stood beside them and was left alone: "optimizer", "epoch", ...
  std::vector<std::string> beside;
};

/// The tensors by which a file of torch.save names a model's weights: those of its dictionary, of
/// the one under `state_dict`, `model` and the like, or of the modules of a pickled or scripted
/// model, by the names that they had there. Nothing in the file is run. Throws Error(kInput) for
/// what is damaged, holds no such tensors, or says of them what its bytes do not hold.
TorchWeights read_torch_weights(const std::filesystem::path& path);

}  // namespace clipwright::models::files
