#include "losses/filip_heads.h"

#include "core/error.h"
#include "core/file.h"
#include "losses/features.h"
#include "tensor/linear.h"
#include "tensor/safetensors.h"

namespace clipwright::losses {
namespace {

constexpr const char *kObjectiveName = "objective.safetensors",
                     *kGlobalFeatures = "global_features", *kTrained = "trained",
                     *kUntrained = "untrained";

Tensor head_rows(const Tensor& rows, const Tensor& weight, const Tensor& bias) {
  const int64_t width = rows.size(-1);
  std::vector<int64_t> shape = rows.sizes().vec();
  shape.back() = weight.size(0);
  return unit_rows(
      tensor::linear_layer(rows.reshape({-1, width}).to(weight.scalar_type()), weight, bias)
          .view(shape));
}

}  // namespace

Tensor FilipHeads::image_rows(const Tensor& patches) const {
  return head_rows(patches, image_weight, image_bias);
}

Tensor FilipHeads::text_rows(const Tensor& tokens) const {
  return head_rows(tokens, text_weight, text_bias);
}

std::optional<FilipHeads> read_filip_heads(const fs::path& folder) {
  const bool own = fs::exists(folder / kFilipHeadsName);
  const fs::path path = folder / (own ? kFilipHeadsName : kObjectiveName);
  if (!fs::exists(path)) return std::nullopt;
  const tensor::Safetensors file = tensor::read_safetensors(path);
  FilipHeads heads;
  int found = 0;
  const auto take = [&](const char* name, Tensor& into) {
    const Tensor* tensor = file.find(std::string("filip.") + name);
    if (tensor == nullptr) return;
    if (!tensor->is_floating_point())
      fail_input(path.string() + ": filip." + name + " holds whole numbers", "F32, F16 or BF16");
    into = tensor->to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
    if (!at::isfinite(into).all().item<bool>())
      fail_input(path.string() + ": filip." + name + " holds numbers that are not finite",
                 "the heads of a training that did not diverge");
    ++found;
  };
  take("image.weight", heads.image_weight);
  take("image.bias", heads.image_bias);
  take("text.weight", heads.text_weight);
  take("text.bias", heads.text_bias);
  heads.padding = file.find(std::string("filip.") + kFilipPadding) != nullptr;
  if (found == 0 && !own) return std::nullopt;
  if (found < 4) {
    fail_input(path.string() + ": holds " + std::to_string(found) + " of FILIP's tensors",
               "filip.image.weight, filip.image.bias, filip.text.weight and filip.text.bias");
  }
  if (heads.image_weight.dim() != 2 || heads.text_weight.dim() != 2 ||
      heads.image_weight.size(0) != heads.text_weight.size(0) || heads.image_weight.numel() == 0 ||
      heads.text_weight.numel() == 0 ||
      heads.image_bias.sizes() != heads.image_weight.sizes().slice(0, 1) ||
      heads.text_bias.sizes() != heads.text_weight.sizes().slice(0, 1)) {
    fail_input(path.string() + ": FILIP's heads are " + shape_text(heads.image_weight) + " and " +
                   shape_text(heads.text_weight),
               "two matrices (D, width of their tower) with a bias (D) each");
  }
  return heads;
}

void write_filip_heads(const fs::path& folder, const FilipHeads& heads, bool global_features) {
  std::vector<NamedTensor> tensors = {{"filip.image.weight", heads.image_weight.detach()},
                                      {"filip.image.bias", heads.image_bias.detach()},
                                      {"filip.text.weight", heads.text_weight.detach()},
                                      {"filip.text.bias", heads.text_bias.detach()}};
  if (heads.padding)
    tensors.emplace_back(std::string("filip.") + kFilipPadding, torch::ones({1}, torch::kInt64));
  tensor::write_safetensors(folder / kFilipHeadsName, tensors,
                            {{kGlobalFeatures, global_features ? kTrained : kUntrained}});
}

bool lacks_global_features(const fs::path& folder) {
  if (!fs::exists(folder / kFilipHeadsName)) return false;
  const auto metadata = tensor::read_safetensors(folder / kFilipHeadsName).metadata;
  const auto said = metadata.find(kGlobalFeatures);
  return said != metadata.end() && said->second == kUntrained;
}

}  // namespace clipwright::losses
