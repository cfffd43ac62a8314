#include "losses/class_tokens.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "tensor/safetensors.h"

namespace clipwright::losses {
namespace {

constexpr const char *kTensor = "class_tokens", *kObjectiveName = "objective.safetensors";

/// Of a checkpoint: "multi-text.branch.1.class_embedding" and on, in either of a tower's shapes.
Tensor of_objective(const tensor::Safetensors& file) {
  std::vector<Tensor> tokens;
  for (int64_t j = 1;; ++j) {
    const Tensor* token = file.find("multi-text.branch." + std::to_string(j) + ".class_embedding");
    if (token == nullptr) break;
    tokens.push_back(token->reshape({-1}));
  }
  const bool stack = std::all_of(tokens.begin(), tokens.end(), [&](const Tensor& token) {
    return token.numel() == tokens[0].numel() && token.scalar_type() == tokens[0].scalar_type();
  });
  if (!stack) return torch::empty({0});
  return tokens.empty() ? Tensor() : at::stack(tokens);
}

}  // namespace

void write_class_tokens(const fs::path& folder, const Tensor& tokens) {
  tensor::write_safetensors(folder / kClassTokensName, {{kTensor, tokens.detach()}});
}

Tensor read_class_tokens(const fs::path& folder) {
  const bool own = fs::exists(folder / kClassTokensName);
  const fs::path path = folder / (own ? kClassTokensName : kObjectiveName);
  if (!fs::exists(path)) return {};
  const tensor::Safetensors file = tensor::read_safetensors(path);
  const Tensor* whole = own ? file.find(kTensor) : nullptr;
  const Tensor found = own ? (whole == nullptr ? torch::empty({0}) : *whole) : of_objective(file);
  if (!found.defined()) return {};
  if (found.dim() != 2 || found.numel() == 0 || !found.is_floating_point()) {
    fail_input(path.string() + ": its class tokens are " +
                   (found.numel() == 0 ? "missing or of several widths" : shape_text(found)),
               "floating-point numbers (C - 1, width of the image tower)");
  }
  const Tensor tokens = found.to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
  if (!at::isfinite(tokens).all().item<bool>())
    fail_input(path.string() + ": its class tokens hold numbers that are not finite",
               "those of a training that did not diverge");
  return tokens;
}

}  // namespace clipwright::losses
