#include "losses/info_nce.h"

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::losses {

Tensor info_nce(const Tensor& images, const Tensor& texts, const Tensor& scale) {
  CW_CHECK(images.dim() == 2 && images.sizes() == texts.sizes(),
           "info_nce needs images and texts (N, E) of one shape");
  const Tensor logits = scale * tensor::matrix_product(images, texts.t());  // (N, N)
  const Tensor positive = logits.diagonal();
  return (at::logsumexp(logits, {1}) + at::logsumexp(logits, {0}) - 2 * positive).mean() / 2;
}

Tensor Contrastive::loss(const Features& f) {
  return info_nce(f.images.at(0), f.texts.at(0), f.logit_scale);
}

MultiText::MultiText(const std::string& constant) : paper_(constant == "paper") {
  if (constant != "paper" && constant != "mean")
    fail_usage("multi-text constant '" + constant + "'",
               "paper (1/M, as published) or mean (1/(M + 1))");
}

Tensor MultiText::loss(const Features& f) {
  const auto slots = static_cast<int64_t>(f.texts.size());
  Tensor sum = info_nce(f.images.at(0), f.texts.at(0), f.logit_scale);
  for (int64_t slot = 1; slot < slots; ++slot)
    sum = sum + info_nce(f.images[0], f.texts[static_cast<size_t>(slot)], f.logit_scale);
  const int64_t rewrites = slots - 1;
  return rewrites == 0 ? sum : sum / static_cast<double>(paper_ ? rewrites : slots);
}

}  // namespace clipwright::losses
