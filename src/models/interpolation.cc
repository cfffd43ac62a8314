#include "models/interpolation.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/json.h"
#include "core/words.h"
#include "models/encoders/pretrained_text.h"
#include "models/files/model_file.h"

namespace clipwright::models {
namespace {

class Differences {
 public:
  template <typename Value>
  void compare(const char* what, const Value& a, const Value& b) {
    if (a == b) return;
    list.push_back(std::string(what) + " (" + to_line(Json(a)) + " and " + to_line(Json(b)) + ")");
  }
  void compare(const char* what, Activation a, Activation b) {
    const auto name = [](Activation activation) {
      return activation == Activation::kGelu ? "gelu" : "quick_gelu";
    };
    compare(what, std::string(name(a)), std::string(name(b)));
  }
  template <typename Value>
  void compare_named(const char* what, Value a, Value b) {
    compare(what, std::string(name_of(a)), std::string(name_of(b)));
  }

  std::vector<std::string> list;
};

Json describe_encoder(const TextConfig& text) {
  if (!text.pretrained) return nullptr;
  Json json = encoders::to_encoder_config(text.pretrained->encoder);
  json["pooling"] = text.pretrained->encoder.pooling;
  json["projection"] = text.pretrained->projection;
  return json;
}

Tensor between(const Tensor& a, const Tensor& b, double alpha) {
  const Tensor mixed = a.to(torch::kFloat64) * (1 - alpha) + b.to(torch::kFloat64) * alpha;
  return (a.is_floating_point() ? mixed : mixed.round()).to(a.scalar_type());
}

/// Beside the settings, whatever else an architecture may have.
void require_same_tensors(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b,
                          const std::string& both) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size() && i < b.size() && a[i].first == b[i].first &&
        a[i].second.sizes() == b[i].second.sizes())
      continue;
    const NamedTensor& other = i < a.size() ? a[i] : b[i];
    fail_usage(both + " do not have the same tensors: " + other.first + " is of one of them only",
               "two models of one architecture");
  }
}

}  // namespace

std::vector<std::string> architecture_differences(const ModelConfig& a, const ModelConfig& b) {
  Differences differ;
  differ.compare("embed_dim", a.embed_dim, b.embed_dim);
  const VisionConfig &image = a.vision, &other_image = b.vision;
  differ.compare("vision.layers of a ResNet", image.resnet_layers, other_image.resnet_layers);
  differ.compare("vision.image_size", image.image_size, other_image.image_size);
  differ.compare("vision.patch_size", image.patch_size, other_image.patch_size);
  differ.compare("vision.width", image.width, other_image.width);
  differ.compare("vision.heads", image.heads, other_image.heads);
  if (image.resnet_layers.empty() && other_image.resnet_layers.empty()) {
    differ.compare("vision.layers", image.layers, other_image.layers);
    differ.compare("vision.mlp_ratio", image.mlp_ratio, other_image.mlp_ratio);
    differ.compare("vision.activation", image.activation, other_image.activation);
    differ.compare("vision.norm_epsilon", image.norm_epsilon, other_image.norm_epsilon);
    differ.compare("vision.norm_before_blocks", image.norm_before_blocks,
                   other_image.norm_before_blocks);
    differ.compare("vision.patch_bias", image.patch_bias, other_image.patch_bias);
    differ.compare("vision.qk_norm", image.qk_norm, other_image.qk_norm);
    differ.compare("vision.timm_names", image.timm_names, other_image.timm_names);
    differ.compare("vision.mean_pooling", image.mean_pooling, other_image.mean_pooling);
    differ.compare("vision.projection_bias", image.projection_bias, other_image.projection_bias);
  }
  const TextConfig &text = a.text, &other_text = b.text;
  differ.compare("text.context_length", text.context_length, other_text.context_length);
  differ.compare("text.vocabulary_size", text.vocabulary_size, other_text.vocabulary_size);
  differ.compare("text.declip_numbering", text.declip_numbering, other_text.declip_numbering);
  differ.compare("text.width", text.width, other_text.width);
  differ.compare("text.layers", text.layers, other_text.layers);
  differ.compare("text.heads", text.heads, other_text.heads);
  differ.compare("text.mlp_ratio", text.mlp_ratio, other_text.mlp_ratio);
  differ.compare("text.activation", text.activation, other_text.activation);
  differ.compare("text.projection_bias", text.projection_bias, other_text.projection_bias);
  differ.compare("text tower's encoder", describe_encoder(text), describe_encoder(other_text));
  const Preprocessing &pictures = a.preprocess, &other_pictures = b.preprocess;
  differ.compare("preprocessing.mean", pictures.mean, other_pictures.mean);
  differ.compare("preprocessing.std", pictures.std, other_pictures.std);
  differ.compare_named("preprocessing.interpolation", pictures.interpolation,
                       other_pictures.interpolation);
  differ.compare_named("preprocessing.resize_mode", pictures.resize_mode,
                       other_pictures.resize_mode);
  differ.compare("preprocessing.resize_ratio", pictures.resize_ratio, other_pictures.resize_ratio);
  return differ.list;
}

std::shared_ptr<Clip> interpolate(const Clip& a, const Clip& b, double alpha,
                                  const std::string& name_a, const std::string& name_b) {
  if (!(alpha >= 0 && alpha <= 1)) {
    std::ostringstream number;
    number << alpha;
    fail_usage("--alpha " + number.str(), "a number from 0 (the first model) to 1 (the second)",
               "Beyond the ends lie weights that no training has seen, and running variances below "
               "zero.");
  }
  const std::vector<std::string> differences = architecture_differences(a.config(), b.config());
  if (!differences.empty()) {
    fail_usage(name_a + " and " + name_b + " differ in " + listed(differences),
               "two models of one architecture, vocabulary and preprocessing, the one best made "
               "from the other by fine-tuning");
  }
  const torch::NoGradGuard no_grad;
  const auto from_a = a.table().file_tensors(), from_b = b.table().file_tensors();
  require_same_tensors(from_a, from_b, name_a + " and " + name_b);
  files::require_finite(from_a, name_a);
  files::require_finite(from_b, name_b);
  auto mixed = std::make_shared<Clip>(a.config());
  const auto into = mixed->table().file_tensors();
  for (size_t i = 0; i < into.size(); ++i) {
    // The ends are copied: arithmetic would turn -0 into 0.
    const Tensor value = alpha == 0   ? from_a[i].second
                         : alpha == 1 ? from_b[i].second
                                      : between(from_a[i].second, from_b[i].second, alpha);
    into[i].second.copy_(value);
  }
  mixed->eval();
  return mixed;
}

}  // namespace clipwright::models
