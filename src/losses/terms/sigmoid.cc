#include "losses/terms/sigmoid.h"

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {

Tensor sigmoid_loss(const Tensor& images, const Tensor& texts, const Tensor& scale,
                    const Tensor& bias) {
  CW_CHECK(images.dim() == 2 && images.sizes() == texts.sizes(),
           "sigmoid_loss needs images and texts (N, E) of one shape");
  // Row by row, forth and back: one sum over all pairs would depend on the number of threads.
  const int64_t count = images.size(0);
  const Tensor logits = scale.expand({count, 1}) * tensor::matrix_product(images, texts.t()) +
                        bias.expand({count, 1});  // (N, N)
  const Tensor sign = torch::full_like(logits, -1).fill_diagonal_(1);
  return -at::log_sigmoid(sign * logits).sum(1).mean();
}

Sigmoid::Sigmoid(double bias)
    : bias_(add_parameter("logit_bias", torch::tensor(bias, torch::kFloat32))) {}

Wants Sigmoid::wants() const {
  return {.views = {{.embedding = true}}, .texts = {{.embedding = true}}, .scale = true};
}

Tensor Sigmoid::loss(const Features& all) {
  return sigmoid_loss(all.views.at(0).unit, all.texts.at(0).unit, all.logit_scale, bias_);
}

TermKind sigmoid_kind() {
  return {.name = "sigmoid",
          .summary = "Each picture with each text of the batch is a yes or no of its own.",
          .source = "Zhai et al. 2023 (SigLIP), algorithm 1",
          .options = {{.name = "bias",
                       .fallback = "-10",
                       .help = "where the learned bias starts",
                       .least = -1000}},
          .make = [](const TermSetting& setting) {
            return std::make_shared<Sigmoid>(setting.options.number("bias"));
          }};
}

}  // namespace clipwright::losses::terms
