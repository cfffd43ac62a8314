#include "models/files/deduced_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "core/error.h"
#include "models/fitted_weights.h"

namespace clipwright::models::files {
namespace {

constexpr const char* kExpected =
    "weights of CLIP, open_clip, LaCLIP or SLIP; for other models name their configuration with "
    "--model-config";
constexpr int kHeadWidth = 64;
constexpr int64_t kMostWidth = 16384, kMostRows = 10'000'000, kMostSize = 8192;

/// What OpenAI's and SLIP's files hold beside the weights.
constexpr std::array<std::string_view, 5> kConstants = {
    "input_resolution", "context_length", "vocab_size", "attn_mask", "transformer.attn_mask"};
/// Of SLIP's own loss.
constexpr std::string_view kOwnHeads[] = {"image_mlp.", "text_mlp."};

class Shapes {
 public:
  Shapes(const std::vector<NamedTensor>& tensors, const std::string& where) : where_(where) {
    for (const auto& [name, tensor] : tensors) {
      shapes_.emplace(name, tensor.sizes().vec());
      if (tensor.numel() == 0) refuse(name + " holds no numbers");
    }
  }

  bool has(const std::string& name) const { return shapes_.contains(name); }
  /// Throws Error(kInput) where there is no tensor of that name and that many dimensions.
  int64_t size(const std::string& name, size_t dimension, size_t dimensions) const {
    const auto found = shapes_.find(name);
    if (found == shapes_.end()) fail_input(where_ + ": has no tensor " + name, kExpected);
    if (found->second.size() != dimensions || found->second[dimension] < 1) {
      fail_input(
          where_ + ": " + name + " has " + std::to_string(found->second.size()) + " dimensions",
          std::to_string(dimensions));
    }
    return found->second[dimension];
  }
  /// The same of a tower's width or a picture's side.
  int width(const std::string& name, size_t dimension, size_t dimensions) const {
    const int64_t found = size(name, dimension, dimensions);
    if (found > kMostWidth) refuse(name + " is for a width of " + std::to_string(found));
    return static_cast<int>(found);
  }
  /// Blocks "PREFIX0.", "PREFIX1.", ..., all of which must be there.
  int blocks(std::string_view prefix) const {
    std::set<int> numbers;
    for (const auto& [name, shape] : shapes_) {
      if (!name.starts_with(prefix)) continue;
      const std::string_view rest = std::string_view(name).substr(prefix.size());
      int number = -1;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
      if (error == std::errc() && end != rest.data() + rest.size() && *end == '.' && number >= 0 &&
          number < 1000)
        numbers.insert(number);
    }
    if (!numbers.empty() && *numbers.rbegin() + 1 != static_cast<int>(numbers.size()))
      refuse("has no " + std::string(prefix) + "N for some N below " +
             std::to_string(*numbers.rbegin()));
    return static_cast<int>(numbers.size());
  }
  [[noreturn]] void refuse(const std::string& why) const {
    fail_input(where_ + ": " + why, kExpected);
  }

  int heads(int64_t width) const {
    if (width % kHeadWidth != 0)
      refuse("a width of " + std::to_string(width) + " is no number of heads of 64");
    return static_cast<int>(width / kHeadWidth);
  }
  /// The side of the square grid that positions stand for, a class token before them.
  int grid(const std::string& name, size_t dimensions) const {
    const int64_t places = size(name, dimensions - 2, dimensions) - 1;
    const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(places))));
    if (side < 1 || side * side != places)
      refuse(name + " has " + std::to_string(places + 1) + " rows, which is no square and one");
    return static_cast<int>(side);
  }

 private:
  const std::string& where_;
  std::map<std::string, std::vector<int64_t>, std::less<>> shapes_;
};

void drop_constants(std::vector<NamedTensor>& tensors, DeducedModel& model) {
  std::vector<NamedTensor> kept;
  for (auto& [name, tensor] : tensors) {
    const bool constant = std::find(kConstants.begin(), kConstants.end(), name) != kConstants.end();
    const bool head = std::any_of(std::begin(kOwnHeads), std::end(kOwnHeads),
                                  [&](std::string_view one) { return name.starts_with(one); });
    if (constant || head) {
      model.dropped.push_back(name);
    } else {
      kept.emplace_back(std::move(name), std::move(tensor));
    }
  }
  tensors = std::move(kept);
}

/// SLIP's and LaCLIP's files to the names that timm's tower has in open_clip's.
void rename_timm(std::vector<NamedTensor>& tensors) {
  for (auto& [name, tensor] : tensors) {
    if (name == "image_projection") {
      name = "visual.head.proj.weight";
      if (tensor.dim() == 2) tensor = tensor.t().contiguous();
    } else if (name.starts_with("visual.") && !name.starts_with("visual.trunk.") &&
               !name.starts_with("visual.head.")) {
      name.insert(std::string_view("visual.").size(), "trunk.");
    }
  }
}

TextConfig text_of(const Shapes& shapes, DeducedModel& model) {
  TextConfig text;
  text.activation = Activation::kQuickGelu;
  text.width = shapes.width("ln_final.weight", 0, 1);
  text.layers = shapes.blocks("transformer.resblocks.");
  text.heads = shapes.heads(text.width);
  text.context_length = shapes.width("positional_embedding", 0, 2);
  text.vocabulary_size = static_cast<int>(shapes.size("token_embedding.weight", 0, 2));
  if (text.layers == 0) shapes.refuse("has no blocks of a text tower");
  text.mlp_ratio =
      mlp_ratio_of(shapes.size("transformer.resblocks.0.mlp.c_fc.weight", 0, 2), text.width);
  text.projection_bias = shapes.has("text_projection.bias");
  model.config.embed_dim =
      static_cast<int>(text.projection_bias ? shapes.size("text_projection.weight", 0, 2)
                                            : shapes.size("text_projection", 1, 2));
  return text;
}

/// Pictures of `grid` patches of `patch` pixels a side.
int image_size_of(const Shapes& shapes, int patch, int grid) {
  if (int64_t{patch} * grid > kMostSize)
    shapes.refuse("is for pictures of " + std::to_string(int64_t{patch} * grid) + " pixels a side");
  return patch * grid;
}

VisionConfig resnet_of(const Shapes& shapes) {
  VisionConfig vision;
  vision.activation = Activation::kQuickGelu;
  vision.patch_size = 0;
  vision.width = shapes.width("visual.layer1.0.conv1.weight", 0, 4);
  for (int stage = 1; stage <= 4; ++stage) {
    const int blocks = shapes.blocks("visual.layer" + std::to_string(stage) + ".");
    if (blocks == 0) shapes.refuse("has no visual.layer" + std::to_string(stage));
    vision.resnet_layers.push_back(blocks);
  }
  if (vision.width % 2 != 0)
    shapes.refuse("a ResNet of width " + std::to_string(vision.width) + " has no heads of 64");
  vision.heads = vision.width * 32 / kHeadWidth;
  vision.image_size =
      image_size_of(shapes, 32, shapes.grid("visual.attnpool.positional_embedding", 2));
  return vision;
}

VisionConfig transformer_of(const Shapes& shapes) {
  VisionConfig vision;
  vision.activation = Activation::kQuickGelu;
  vision.width = shapes.width("visual.conv1.weight", 0, 4);
  vision.patch_size = shapes.width("visual.conv1.weight", 2, 4);
  vision.patch_bias = shapes.has("visual.conv1.bias");
  vision.layers = shapes.blocks("visual.transformer.resblocks.");
  if (vision.layers == 0) shapes.refuse("has no blocks of an image tower");
  vision.heads = shapes.heads(vision.width);
  vision.mlp_ratio = mlp_ratio_of(
      shapes.size("visual.transformer.resblocks.0.mlp.c_fc.weight", 0, 2), vision.width);
  vision.norm_before_blocks = shapes.has("visual.ln_pre.weight");
  vision.image_size =
      image_size_of(shapes, vision.patch_size, shapes.grid("visual.positional_embedding", 2));
  return vision;
}

VisionConfig timm_of(const Shapes& shapes, DeducedModel& model) {
  VisionConfig vision;
  vision.timm_names = true;
  vision.patch_bias = true;
  vision.norm_before_blocks = false;
  vision.norm_epsilon = 1e-6;
  const std::string patches = "visual.trunk.patch_embed.proj.weight";
  const std::string block = "visual.trunk.blocks.0.";
  vision.width = shapes.width(patches, 0, 4);
  vision.patch_size = shapes.width(patches, 2, 4);
  vision.layers = shapes.blocks("visual.trunk.blocks.");
  if (vision.layers == 0) shapes.refuse("has no blocks of an image tower");
  vision.mlp_ratio = mlp_ratio_of(shapes.size(block + "mlp.fc1.weight", 0, 2), vision.width);
  vision.image_size =
      image_size_of(shapes, vision.patch_size, shapes.grid("visual.trunk.pos_embed", 3));
  vision.qk_norm = shapes.has(block + "attn.q_norm.weight");
  if (vision.qk_norm) {
    const int64_t head = shapes.size(block + "attn.q_norm.weight", 0, 1);
    if (vision.width % head != 0)
      shapes.refuse("norms of " + std::to_string(head) + " numbers do not divide a width of " +
                    std::to_string(vision.width));
    vision.heads = static_cast<int>(vision.width / head);
    return vision;
  }
  // SLIP's own models: no tensor tells.
  constexpr std::array<std::pair<int, int>, 3> kHeads = {{{384, 12}, {768, 12}, {1024, 16}}};
  const auto* const found = std::find_if(
      kHeads.begin(), kHeads.end(), [&](const auto& one) { return one.first == vision.width; });
  vision.heads = found != kHeads.end() ? found->second : shapes.heads(vision.width);
  model.assumed.push_back(std::to_string(vision.heads) + " heads in the image tower");
  return vision;
}

}  // namespace

double mlp_ratio_of(int64_t hidden, int64_t width) {
  const auto wide = static_cast<double>(width);
  double ratio = static_cast<double>(hidden) / wide;
  while (static_cast<int64_t>(wide * ratio) < hidden) ratio = std::nextafter(ratio, 1e18);
  return ratio;
}

DeducedModel deduce_model(std::vector<NamedTensor>& tensors, const std::string& where,
                          const ModelConfig* given) {
  DeducedModel model;
  tensors = with_plain_names(std::move(tensors));
  drop_constants(tensors, model);
  const auto has = [&](std::string_view name) {
    return std::any_of(tensors.begin(), tensors.end(),
                       [&](const NamedTensor& one) { return one.first == name; });
  };
  const bool timm =
      has("visual.patch_embed.proj.weight") || has("visual.trunk.patch_embed.proj.weight");
  if (timm) rename_timm(tensors);
  if (given != nullptr) {
    model.config = *given;
    return model;
  }
  const Shapes shapes(tensors, where);
  model.config.name = "custom";
  if (timm) {
    model.names = "timm's in the image tower (SLIP, LaCLIP)";
    model.config.vision = timm_of(shapes, model);
    model.config.preprocess = find_recipe("laclip");
    model.assumed.emplace_back("GELU in the image tower, QuickGELU in the text tower");
    model.assumed.emplace_back("bilinear pictures with ImageNet's mean and deviation");
  } else if (shapes.has("visual.layer1.0.conv1.weight") || shapes.has("visual.conv1.weight")) {
    model.names = "OpenAI's";
    model.config.vision =
        shapes.has("visual.layer1.0.conv1.weight") ? resnet_of(shapes) : transformer_of(shapes);
    model.assumed.emplace_back("QuickGELU");
    model.assumed.emplace_back("heads of 64");
    model.assumed.emplace_back("OpenAI's preprocessing");
  } else {
    fail_input(where + ": its tensors (" + (tensors.empty() ? "none" : tensors.front().first) +
                   ", ...) are of no model that this program knows by its names",
               kExpected);
  }
  model.config.text = text_of(shapes, model);
  return model;
}

}  // namespace clipwright::models::files
