#include "models/fitted_weights.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "core/log.h"

namespace clipwright::models {
namespace {

constexpr std::string_view kCompiled = "_orig_mod.", kParallel = "module.", kText = "text.";

/// A pass over all names; false where none changed.
bool take_off_wrappers(std::vector<NamedTensor>& tensors) {
  bool changed = false;
  for (auto& [name, tensor] : tensors) {
    for (size_t at;
         (at = name.find(kCompiled)) != std::string::npos && (at == 0 || name[at - 1] == '.');
         changed = true)
      name.erase(at, kCompiled.size());
  }
  const bool parallel =
      !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [](const auto& one) {
        return one.first.starts_with(kParallel);
      });
  for (auto& [name, tensor] : tensors) {
    if (parallel) name.erase(0, kParallel.size());
  }
  return changed || parallel;
}

/// Rows (N, W) of a square grid as rows of another.
Tensor resampled_grid(const Tensor& rows, int64_t from, int64_t to) {
  const int64_t width = rows.size(1);
  const Tensor picture = rows.reshape({1, from, from, width}).permute({0, 3, 1, 2}).contiguous();
  return at::_upsample_bicubic2d_aa(picture, {to, to}, /*align_corners=*/false)
      .permute({0, 2, 3, 1})
      .reshape({to * to, width});
}

Tensor resampled_line(const Tensor& rows, int64_t to) {
  return at::upsample_linear1d(rows.t().unsqueeze(0).contiguous(), {to}, /*align_corners=*/false)[0]
      .t();
}

/// The side of a square of `places`, or 0.
int64_t side_of(int64_t places) {
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(places))));
  return side > 0 && side * side == places ? side : 0;
}

std::string square(int64_t side) { return std::to_string(side) + " x " + std::to_string(side); }

/// The tensor as rows (places, width): timm's has a dimension of 1 in front.
Tensor as_rows(const Tensor& tensor) {
  return tensor.dim() == 3 && tensor.size(0) == 1 ? tensor.squeeze(0) : tensor;
}

void fit_image_positions(Tensor& positions, const std::vector<int64_t>& shape,
                         const std::string& where) {
  const Tensor rows = as_rows(positions);
  const int64_t places = shape[shape.size() - 2], width = shape.back();
  if (rows.dim() != 2 || rows.size(1) != width || rows.size(0) == places) return;
  const int64_t from = side_of(rows.size(0) - 1), to = side_of(places - 1);
  if (from == 0 || to == 0) return;
  const Tensor wide = rows.to(torch::kFloat32);
  positions =
      torch::cat({wide.narrow(0, 0, 1), resampled_grid(wide.narrow(0, 1, from * from), from, to)})
          .reshape(shape);
  log_warning(where + ": was trained on pictures of " + square(from) +
              " patches, and the model has " + square(to) +
              "; its positions are interpolated (bicubic), as open_clip does");
}

void fit_text_positions(Tensor& positions, const std::vector<int64_t>& shape,
                        const std::string& where) {
  if (positions.dim() != 2 || positions.size(0) < 1 || positions.size(1) != shape[1] ||
      positions.size(0) == shape[0])
    return;
  const int64_t from = positions.size(0);
  positions = resampled_line(positions.to(torch::kFloat32), shape[0]).contiguous();
  log_warning(where + ": was trained on texts of " + std::to_string(from) +
              " tokens, and the model's context is " + std::to_string(shape[0]) +
              "; its positions are interpolated (linear), as open_clip does");
}

}  // namespace

std::vector<NamedTensor> without_wrappers(std::vector<NamedTensor> tensors) {
  while (take_off_wrappers(tensors)) {
  }
  return tensors;
}

std::vector<NamedTensor> with_plain_names(std::vector<NamedTensor> tensors) {
  std::vector<NamedTensor> plain = without_wrappers(tensors);
  std::set<std::string> names;
  for (auto& [name, tensor] : plain) {
    if (name.starts_with(kText)) name.erase(0, kText.size());
    names.insert(name);
  }
  return names.size() == plain.size() ? plain : tensors;
}

void fit_positions(std::vector<NamedTensor>& tensors, const tensor::ParameterTable& table,
                   const std::string& where) {
  const torch::NoGradGuard no_grad;
  for (const tensor::TableEntry& entry : table.entries()) {
    const bool text = entry.name == "positional_embedding";
    if (!text && entry.name != "visual.positional_embedding" &&
        entry.name != "visual.trunk.pos_embed" &&
        entry.name != "visual.attnpool.positional_embedding")
      continue;
    for (auto& [name, positions] : tensors) {
      if (name != entry.name || !positions.is_floating_point()) continue;
      if (text) {
        fit_text_positions(positions, entry.shape, where);
      } else {
        fit_image_positions(positions, entry.shape, where);
      }
    }
  }
}

}  // namespace clipwright::models
