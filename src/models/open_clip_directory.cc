// Reading and writing open_clip directories (docs/formats/open_clip_directory.md).
#include "models/open_clip_directory.h"

#include "core/error.h"
#include "core/file.h"
#include "models/encoders/pretrained_text.h"
#include "models/files/model_file.h"
#include "models/open_clip_config.h"
#include "tensor/safetensors.h"

namespace clipwright::models {
namespace {

/// open_clip's search order.
constexpr const char* kWeightNames[] = {
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors",
    "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pt"};

// A model may have this many times the positions of its weights.
constexpr double kMostInterpolated = 16;

/// Numbers that the weights hold at the least: those in the largest matrices, and of the positions
/// what they may be interpolated from.
double least_numbers(const ModelConfig& config) {
  const auto block = [](double width, double mlp_ratio) {
    return (4 + 2 * mlp_ratio) * width * width;
  };
  const double text_width = config.text.width, width = config.vision.width;
  double sum = config.text.vocabulary_size * text_width +
               config.text.context_length * text_width / kMostInterpolated +
               config.text.layers * block(text_width, config.text.mlp_ratio) +
               (config.text.pretrained ? 0 : config.embed_dim * text_width);
  if (config.vision.resnet_layers.empty()) {
    const double patch = config.vision.patch_size, side = config.vision.image_size / patch;
    sum += side * side * width / kMostInterpolated + 3 * patch * patch * width +
           config.vision.layers * block(width, config.vision.mlp_ratio) + config.embed_dim * width;
  } else {
    sum += 4 * 1024.0 * width * width;  // the attention pool's projections
    // A bottleneck's 3 x 3 and last 1 x 1 convolutions; each stage is twice as wide.
    double planes = width;
    for (const int layers : config.vision.resnet_layers) {
      sum += layers * 13 * planes * planes;
      planes *= 2;
    }
  }
  return sum;
}

}  // namespace

void require_enough_numbers(const std::vector<NamedTensor>& tensors, const ModelConfig& config,
                            const std::string& where, const std::string& description) {
  double numbers = 0;
  for (const auto& [name, tensor] : tensors) numbers += static_cast<double>(tensor.numel());
  if (numbers < least_numbers(config)) {
    fail_input(where + ": holds fewer numbers than the model that " + description + " describes",
               "weights of that model");
  }
}

bool is_open_clip_directory(const std::filesystem::path& folder) {
  return is_there(folder / kOpenClipConfigName);
}

ModelConfig read_open_clip_config(const std::filesystem::path& folder) {
  const fs::path path = folder / kOpenClipConfigName;
  ModelConfig config = parse_open_clip_config(read_json(path), path.string());
  if (config.text.pretrained) encoders::complete_text_encoder(folder, config);
  return config;
}

fs::path open_clip_weights(const fs::path& folder) {
  for (const char* name : kWeightNames) {
    if (is_there(folder / name)) return folder / name;
  }
  return {};
}

std::shared_ptr<Clip> read_open_clip_directory(const std::filesystem::path& folder) {
  const fs::path config_path = folder / kOpenClipConfigName;
  const ModelConfig config = read_open_clip_config(folder);
  const fs::path path = open_clip_weights(folder);
  if (path.empty()) {
    fail_input(folder.string() + ": has open_clip_config.json but no weights",
               std::string(kWeightNames[0]),
               "Weights beside it under another name (.bin, .pt) can be named themselves, with "
               "--model FOLDER/FILE.");
  }
  std::vector<NamedTensor> tensors = files::read_weights(path);
  require_enough_numbers(tensors, config, path.string(), config_path.string());
  files::require_finite(tensors, path.string());
  auto model = std::make_shared<Clip>(config);
  model->load_state(std::move(tensors), path.string());
  model->eval();
  return model;
}

void write_open_clip_directory(const Clip& model, const std::filesystem::path& folder) {
  const std::string config = to_open_clip_config(model.config()).dump(2) + "\n";
  make_folder(folder);
  tensor::write_safetensors(folder / kWeightNames[0], model.file_tensors(), {{"format", "pt"}});
  for (const NamedText& file : encoders::text_encoder_files(model.config()))
    write_file(folder / file.path, file.contents);
  write_file(folder / kOpenClipConfigName, config);
  sync_folder(folder);
}

}  // namespace clipwright::models
