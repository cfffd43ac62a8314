// Reading and writing open_clip directories (docs/formats/open_clip_directory.md).
#include "models/open_clip_directory.h"

#include "core/error.h"
#include "core/file.h"
#include "models/open_clip_config.h"
#include "tensor/safetensors.h"

namespace clipwright::models {
namespace {

/// open_clip's search order, safetensors only: this program executes no pickles.
constexpr const char* kWeightNames[] = {"open_clip_model.safetensors",
                                        "open_clip_pytorch_model.safetensors", "model.safetensors"};

// A model may have this many times the positions of its weights.
constexpr double kMostInterpolated = 16;

/// Numbers that the weights hold at the least: those in the largest matrices, and of the positions
/// what they may be interpolated from.
double least_numbers(const ModelConfig& config) {
  const auto block = [](double width, double mlp_ratio) {
    return (4 + 2 * mlp_ratio) * width * width;
  };
  double sum = static_cast<double>(config.text.vocabulary_size) * config.text.width +
               config.text.layers * block(config.text.width, config.text.mlp_ratio);
  if (config.vision.resnet_layers.empty()) {
    const double side = static_cast<double>(config.vision.image_size) / config.vision.patch_size;
    sum += side * side * config.vision.width / kMostInterpolated;
    sum += config.vision.layers * block(config.vision.width, config.vision.mlp_ratio);
  } else {
    sum +=
        4 * 1024.0 * config.vision.width * config.vision.width;  // the attention pool's projections
  }
  return sum;
}

}  // namespace

bool is_open_clip_directory(const std::filesystem::path& folder) {
  return std::filesystem::is_regular_file(folder / kOpenClipConfigName);
}

ModelConfig read_open_clip_config(const std::filesystem::path& folder) {
  const fs::path path = folder / kOpenClipConfigName;
  return parse_open_clip_config(read_json(path), path.string());
}

std::shared_ptr<Clip> read_open_clip_directory(const std::filesystem::path& folder) {
  const fs::path config_path = folder / kOpenClipConfigName;
  const ModelConfig config = read_open_clip_config(folder);
  for (const char* name : kWeightNames) {
    const fs::path path = folder / name;
    if (!fs::exists(path)) continue;
    const tensor::Safetensors file = tensor::read_safetensors(path);
    double numbers = 0;
    for (const auto& [tensor_name, tensor] : file.tensors)
      numbers += static_cast<double>(tensor.numel());
    // Asked before the model is made, so that a damaged configuration cannot ask for more memory
    // than its weights take.
    if (numbers < least_numbers(config)) {
      fail_input(path.string() + ": holds fewer numbers than the model that " +
                     config_path.string() + " describes",
                 "weights of that model");
    }
    auto model = std::make_shared<Clip>(config);
    model->load_state(file.tensors, path.string());
    model->eval();
    return model;
  }
  fail_input(folder.string() + ": has open_clip_config.json but no weights",
             std::string(kWeightNames[0]),
             "Pickled weights (.bin, .pt) are not read; open_clip's --push or safetensors' "
             "converter writes the safe format.");
}

void write_open_clip_directory(const Clip& model, const std::filesystem::path& folder) {
  make_folder(folder);
  tensor::write_safetensors(folder / kWeightNames[0], model.table().file_tensors(),
                            {{"format", "pt"}});
  write_file(folder / kOpenClipConfigName, to_open_clip_config(model.config()).dump(2) + "\n");
  sync_folder(folder);
}

}  // namespace clipwright::models
