#include "eval/probe/cross_entropy.h"

#include <algorithm>

#include "tensor/gemm.h"

namespace clipwright::eval::probe {
namespace {

// A block of logits and of rows that stays in the caches between the two products.
constexpr int64_t kNumbersAtOnce = 1 << 20;

bool on_onednn(const Tensor& a) {
  return a.device().is_cpu() && a.scalar_type() == torch::kFloat32 && tensor::onednn_gemm_chosen();
}

/// Logits (B, K) of a block.
void logits_into(Tensor& out, const Tensor& block, const Tensor& weight, const Tensor& bias) {
  if (!on_onednn(block)) {
    at::addmm_out(out, bias, block, weight.t());
    return;
  }
  out.copy_(bias.expand_as(out));
  tensor::onednn_gemm(false, true, out.size(0), out.size(1), block.size(1), 1,
                      block.const_data_ptr<float>(), block.size(1), weight.const_data_ptr<float>(),
                      block.size(1), 1, out.data_ptr<float>(), out.size(1));
}

/// residual^T block: (K, R).
void gradient_into(Tensor& out, const Tensor& residual, const Tensor& block) {
  if (!on_onednn(block)) {
    at::mm_out(out, residual.t(), block);
    return;
  }
  tensor::onednn_gemm(true, false, residual.size(1), block.size(1), residual.size(0), 1,
                      residual.const_data_ptr<float>(), residual.size(1),
                      block.const_data_ptr<float>(), block.size(1), 0, out.data_ptr<float>(),
                      block.size(1));
}

/// Logits become probabilities minus one at the right class, which is kept as minus the sum of the
/// others: 1 - p would lose the digits that a well separated row has left. Returns the loss (B, 1)
/// float64.
Tensor softmax_residuals(Tensor& logits, const Tensor& classes) {
  const Tensor most = logits.amax(1, /*keepdim=*/true);
  logits.sub_(most);
  const Tensor right_logit = logits.gather(1, classes).to(torch::kFloat64);
  logits.exp_();
  const Tensor right = logits.gather(1, classes);
  logits.scatter_(1, classes, 0);
  const Tensor others = logits.sum(1, /*keepdim=*/true);
  const Tensor total = others + right;
  logits.div_(total);
  logits.scatter_(1, classes, others.div(total).neg_());
  const Tensor ratio = others.to(torch::kFloat64) / right_logit.exp();
  return at::where(ratio < 1, ratio.log1p(), total.to(torch::kFloat64).log() - right_logit);
}

/// The same for one logit: that of class 1.
Tensor sign_residuals(Tensor& logits, const Tensor& classes) {
  const Tensor sign = classes.to(logits.scalar_type()).mul_(2).sub_(1);
  const Tensor margin = logits * sign;
  logits.copy_(at::sigmoid(margin.neg()).mul_(sign).neg_());
  const Tensor wide = margin.to(torch::kFloat64);
  return wide.abs().neg_().exp_().log1p_() - wide.clamp_max(0);
}

}  // namespace

CrossEntropySums cross_entropy_sums(const Tensor& rows, const Tensor& classes, const Tensor& weight,
                                    const Tensor& bias, torch::ScalarType precision,
                                    bool with_curvature) {
  const torch::NoGradGuard no_grad;
  const int64_t count = rows.size(0), width = rows.size(1), outputs = weight.size(0);
  const int64_t at_once =
      std::min(count, std::max<int64_t>(kNumbersAtOnce / std::max(width, outputs), 64));
  const Tensor narrow_weight = weight.to(precision), narrow_bias = bias.to(precision);
  const auto options = narrow_weight.options();
  Tensor block_gradient = at::empty({outputs, width}, options);
  Tensor logits = at::empty({std::min(at_once, count), outputs}, options);
  CrossEntropySums sums;
  sums.weight = at::zeros_like(weight);
  sums.bias = at::zeros_like(bias);
  if (with_curvature) sums.curvature = at::zeros_like(bias);
  Tensor loss = at::zeros({}, weight.options());
  for (int64_t first = 0; first < count; first += at_once) {
    const int64_t size = std::min(at_once, count - first);
    const Tensor block = rows.narrow(0, first, size).to(precision);
    const Tensor of_block = classes.narrow(0, first, size);
    Tensor residual = logits.narrow(0, 0, size);
    logits_into(residual, block, narrow_weight, narrow_bias);
    loss +=
        (outputs == 1 ? sign_residuals(residual, of_block) : softmax_residuals(residual, of_block))
            .sum();
    gradient_into(block_gradient, residual, block);
    sums.weight += block_gradient;
    sums.bias += residual.sum(0, /*keepdim=*/false, torch::kFloat64);
    if (with_curvature) {
      const Tensor size_of = residual.abs();
      sums.curvature += size_of.sub_(residual.square()).sum(0, /*keepdim=*/false, torch::kFloat64);
    }
  }
  sums.loss = loss.item<double>();
  return sums;
}

}  // namespace clipwright::eval::probe
