// What the files of a model say of themselves, before they become a model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace clipwright::models::files {

struct StoredWeights {
  std::vector<std::filesystem::path> files;  ///< empty: a name or a configuration, without weights
  /// "safetensors", "torch.save", "torch.save before 1.6", "TorchScript".
  std::string container;
  /// How many numbers are stored as which type: "F32", "F16", "BF16", "I64", ...
  std::map<std::string, int64_t> numbers;
  std::map<std::string, std::string> metadata;  ///< of safetensors
  std::vector<std::string> beside;  ///< names of what else a checkpoint holds: "epoch", ...
  /// What a reader of such a folder expects and is not there, and what is taken instead.
  std::vector<std::string> missing;
};

/// Of anything that --model takes. Throws Error(kInput) for files that are
/// damaged.
StoredWeights read_stored_weights(const std::string& model);

}  // namespace clipwright::models::files
