#include "losses/terms/contrastive.h"

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {

Tensor info_nce(const Tensor& images, const Tensor& texts, const Tensor& scale) {
  CW_CHECK(images.dim() == 2 && images.sizes() == texts.sizes(),
           "info_nce needs images and texts (N, E) of one shape");
  const Tensor logits = scale * tensor::matrix_product(images, texts.t());  // (N, N)
  const Tensor positive = logits.diagonal();
  return (at::logsumexp(logits, {1}) + at::logsumexp(logits, {0}) - 2 * positive).mean() / 2;
}

Wants Contrastive::wants() const {
  return {.views = {{.embedding = true}}, .texts = {{.embedding = true}}, .scale = true};
}

Tensor Contrastive::loss(const Features& all) {
  return info_nce(all.views.at(0).unit, all.texts.at(0).unit, all.logit_scale);
}

TermKind contrastive_kind() {
  return {.name = "contrastive",
          .summary = "Each picture finds its text among the batch's, and each text its picture.",
          .source = "Radford et al. 2021 (CLIP), section 2.3",
          .make = [](const TermSetting&) { return std::make_shared<Contrastive>(); }};
}

}  // namespace clipwright::losses::terms
