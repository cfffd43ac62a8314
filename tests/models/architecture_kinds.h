// Every kind of built-in architecture, small: width and depth are reduced, every kind of tensor and
// every other setting is kept. A new architecture is a kind of its own as soon as it differs in
// anything but size.
#pragma once

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "models/clip.h"
#include "models/open_clip_config.h"

namespace clipwright::models {

inline ModelConfig reduced(ModelConfig config) {
  config.name = "custom";
  config.embed_dim = 12;
  VisionConfig& vision = config.vision;
  if (vision.resnet_layers.empty()) {
    vision.image_size = 32;
    vision.patch_size = 8;
    vision.width = 16;
    vision.layers = std::min(vision.layers, 2);
    vision.heads = 2;
  } else {
    vision.image_size = 64;
    vision.width = 2;
    vision.heads = 4;
    for (int& blocks : vision.resnet_layers) blocks = std::min(blocks, 2);
  }
  config.text.context_length = 16;
  config.text.width = 16;
  config.text.layers = std::min(config.text.layers, 2);
  config.text.heads = 2;
  return config;
}

struct ArchitectureKind {
  std::string name;  ///< the first built-in of this kind, fit for a test's name
  ModelConfig config;
};

/// What test reports show of it.
inline void PrintTo(const ArchitectureKind& kind, std::ostream* out) { *out << kind.name; }

inline std::vector<ArchitectureKind> architecture_kinds() {
  std::vector<ArchitectureKind> kinds;
  std::set<std::string> seen;
  std::vector<std::string> names = model_names();
  names.push_back("tiny-32+text-bias+declip-tokens");
  for (std::string name : names) {
    const ModelConfig config = reduced(find_model_config(name));
    if (!seen.insert(to_open_clip_config(config).dump()).second) continue;
    std::replace_if(
        name.begin(), name.end(), [](char letter) { return letter == '-' || letter == '+'; }, '_');
    kinds.push_back({name, config});
  }
  return kinds;
}

/// Away from the start, where zeros (the last normalisation of a ResNet's block) hide what comes
/// before them: every tensor is moved by noise of a size that fits it.
inline void perturb(const Clip& model) {
  torch::manual_seed(11);
  for (auto [name, tensor] : model.table().file_tensors()) {
    if (!tensor.is_floating_point()) {
      tensor.fill_(7);
    } else if (name.find("running_var") != std::string::npos) {
      tensor.uniform_(0.5, 1.5);
    } else if (tensor.dim() > 0) {
      const double fan_in = static_cast<double>(tensor.numel() / tensor.size(0));
      tensor.add_(torch::randn(tensor.sizes()) * (tensor.dim() == 1 ? 0.3 : 1 / std::sqrt(fan_in)));
    }
  }
}

}  // namespace clipwright::models
