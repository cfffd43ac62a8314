#include "models/tuning/stretched_context.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::models::tuning {
namespace {

constexpr int64_t kKept = 20;
constexpr const char* kPositions = "positional_embedding";

}  // namespace

Tensor stretched_positions(const Tensor& positions, int64_t length) {
  const int64_t known = positions.size(0);
  CW_CHECK(known > kKept + 1 && length > known, "positions are stretched from 22 on, and longer");
  const Tensor rows = positions.detach().to(torch::kDouble);
  Tensor stretched = torch::empty({length, rows.size(1)}, torch::kDouble);
  stretched.narrow(0, 0, kKept).copy_(rows.narrow(0, 0, kKept));
  const double step = static_cast<double>(known - kKept) / static_cast<double>(length - kKept);
  for (int64_t p = kKept; p < length; ++p) {
    const double place = static_cast<double>(kKept) + static_cast<double>(p - kKept) * step;
    // Of the last two where it lies beyond them.
    const int64_t below = std::min(static_cast<int64_t>(std::floor(place)), known - 2);
    const double share = place - static_cast<double>(below);
    stretched[p].copy_(rows[below] * (1 - share) + rows[below + 1] * share);
  }
  return stretched.to(positions.scalar_type());
}

std::shared_ptr<Clip> with_context_length(const Clip& model, int64_t length) {
  ModelConfig config = model.config();
  const int64_t known = config.text.context_length;
  if (length <= known) {
    fail_usage("--context-length is " + std::to_string(length) + ", and the model reads texts of " +
                   std::to_string(known) + " tokens already",
               "a longer context", "Leave --context-length out.");
  }
  if (config.text.pretrained) {
    fail_usage(
        "--context-length stretches the positions of CLIP's text tower, and the model's is " +
            config.text.pretrained->name + " with positions of its own",
        "no --context-length");
  }
  if (known < kKept + 2) {
    fail_usage("--context-length stretches the positions behind the first " +
                   std::to_string(kKept) + ", and the model has " + std::to_string(known),
               "a model with at least " + std::to_string(kKept + 2) + " positions");
  }
  config.text.context_length = static_cast<int>(length);
  auto stretched = std::make_shared<Clip>(config);
  std::vector<NamedTensor> tensors = model.table().file_tensors();
  for (auto& [name, tensor] : tensors) {
    if (name == kPositions) tensor = stretched_positions(tensor.to(torch::kCPU), length);
  }
  stretched->table().load(tensors, "the model", "itself with a longer context");
  log_info("the text context is stretched from " + std::to_string(known) + " to " +
           std::to_string(length) + " tokens: positions behind the first " + std::to_string(kKept) +
           " are interpolated (Long-CLIP). Features of texts longer than " + std::to_string(kKept) +
           " tokens change until they are trained");
  return stretched;
}

}  // namespace clipwright::models::tuning
