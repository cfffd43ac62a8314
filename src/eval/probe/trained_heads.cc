#include "eval/probe/trained_heads.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "tensor/linear.h"

namespace clipwright::eval::probe {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr double kMomentum = 0.9, kStatisticsMomentum = 0.1, kBatchNormEpsilon = 1e-6;

double cosine(int64_t step, int64_t steps) {
  return (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))) /
         2;
}

/// Rows and classes of an epoch's batches, in an order of its own.
class Batches {
 public:
  Batches(const Tensor& rows, const std::vector<int64_t>& classes, int64_t size, uint64_t seed,
          torch::Device device)
      : rows_(rows.to(device)),
        classes_(torch::tensor(classes, torch::kInt64).to(device)),
        size_(size),
        seed_(seed) {}

  void start_epoch(int epoch) {
    const int64_t count = rows_.size(0);
    const Permutation order(static_cast<uint64_t>(count), seed_, "probe-order",
                            static_cast<uint64_t>(epoch));
    Tensor places = at::empty({count}, torch::kInt64);
    for (int64_t i = 0; i < count; ++i)
      places.data_ptr<int64_t>()[i] = static_cast<int64_t>(order(static_cast<uint64_t>(i)));
    order_ = places.to(rows_.device());
  }
  /// (B, D) and (B, 1).
  std::pair<Tensor, Tensor> batch(int64_t number) const {
    const int64_t first = number * size_;
    const Tensor places = order_.narrow(0, first, std::min(size_, rows_.size(0) - first));
    return {rows_.index_select(0, places), classes_.index_select(0, places).unsqueeze(1)};
  }

 private:
  Tensor rows_, classes_, order_;
  int64_t size_;
  uint64_t seed_;
};

Tensor with_ones(const Tensor& rows) {
  return at::cat({rows, at::ones({rows.size(0), 1}, rows.options())}, 1);
}

/// Gradient of the mean cross entropy by logits (B, H, K) of H heads over classes (B, 1).
Tensor residuals(const Tensor& logits, const Tensor& classes) {
  Tensor p = at::softmax(logits, 2);
  const Tensor places = classes.unsqueeze(1).expand({p.size(0), p.size(1), 1});
  p.scatter_add_(2, places, at::full({1, 1, 1}, -1.0, p.options()).expand_as(places));
  return p.div_(static_cast<double>(p.size(0)));
}

LinearHead split(const Tensor& joint) {
  const Tensor wide = joint.to(torch::kCPU, torch::kFloat64);
  const int64_t width = wide.size(1) - 1;
  return {wide.narrow(1, 0, width).contiguous(), wide.select(1, width).contiguous()};
}

}  // namespace

Tensor uniform_start(int64_t classes, int64_t width, uint64_t seed) {
  Tensor start = at::empty({classes, width + 1}, torch::kFloat32);
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  for (int64_t c = 0; c < classes; ++c) {
    Random random(seed, "probe-start", 0, static_cast<uint64_t>(c));
    for (int64_t d = 0; d <= width; ++d)
      start.data_ptr<float>()[c * (width + 1) + d] =
          static_cast<float>(bound * (2 * random.uniform() - 1));
  }
  return start;
}

LinearHead train_adamw(const Tensor& rows, const std::vector<int64_t>& classes, const Tensor& start,
                       const AdamWOptions& options) {
  const torch::NoGradGuard no_grad;
  Tensor weight = start.to(options.device, torch::kFloat32, false, /*copy=*/true);
  Tensor mean = at::zeros_like(weight), square = at::zeros_like(weight);
  Batches batches(with_ones(rows), classes, options.batch_size, options.seed, options.device);
  const int64_t a_epoch = (rows.size(0) + options.batch_size - 1) / options.batch_size,
                steps = a_epoch * options.epochs;
  for (int64_t step = 0; step < steps; ++step) {
    if (step % a_epoch == 0) {
      stop_if_interrupted();
      batches.start_epoch(static_cast<int>(step / a_epoch));
    }
    const auto [x, y] = batches.batch(step % a_epoch);
    const Tensor logits = tensor::matrix_product(x, weight.t());
    const Tensor gradient =
        tensor::matrix_product(residuals(logits.unsqueeze(1), y).squeeze(1).t(), x);
    const double lr = options.lr * cosine(step, steps);
    const double correction1 = 1 - std::pow(kBeta1, static_cast<double>(step + 1)),
                 correction2 = 1 - std::pow(kBeta2, static_cast<double>(step + 1));
    mean.lerp_(gradient, 1 - kBeta1);
    square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    weight.mul_(1 - lr * options.weight_decay)
        .addcdiv_(mean, square.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon),
                  -lr / correction1);
  }
  return split(weight);
}

std::vector<LinearHead> train_sgd(const Tensor& rows, const std::vector<int64_t>& classes,
                                  int64_t count, const SgdOptions& options) {
  const torch::NoGradGuard no_grad;
  const int64_t width = rows.size(1), heads = static_cast<int64_t>(options.base_lrs.size()),
                size = std::min(options.batch_size, rows.size(0)), a_epoch = rows.size(0) / size,
                steps = a_epoch * options.epochs;
  Tensor weight = at::zeros({heads * count, width + 1}, torch::kFloat32);
  for (int64_t row = 0; row < heads * count; ++row) {
    Random random(options.seed, "probe-start", 1, static_cast<uint64_t>(row));
    for (int64_t d = 0; d < width; ++d)
      weight.data_ptr<float>()[row * (width + 1) + d] = static_cast<float>(0.01 * random.normal());
  }
  weight = weight.to(options.device);
  Tensor velocity = at::zeros_like(weight);
  Tensor peak = torch::tensor(options.base_lrs, torch::kFloat64)
                    .mul_(static_cast<double>(size) / 256)
                    .to(options.device, torch::kFloat32)
                    .repeat_interleave(count)
                    .unsqueeze(1);
  Tensor mean = at::zeros({width}, weight.options()), variance = at::ones_like(mean);
  Batches batches(rows, classes, size, options.seed, options.device);
  Progress progress("steps of the heads", steps);
  for (int64_t step = 0; step < steps; ++step) {
    if (step % a_epoch == 0) {
      stop_if_interrupted();
      batches.start_epoch(static_cast<int>(step / a_epoch));
    }
    auto [x, y] = batches.batch(step % a_epoch);
    if (options.batch_norm) {
      const Tensor center = x.mean(0), spread = x.var(0, /*unbiased=*/false);
      x = (x - center) / (spread + kBatchNormEpsilon).sqrt();
      mean.lerp_(center, kStatisticsMomentum);
      // The running variance is the unbiased one.
      variance.lerp_(spread * (static_cast<double>(size) /
                               static_cast<double>(std::max<int64_t>(size - 1, 1))),
                     kStatisticsMomentum);
    }
    x = with_ones(x);
    const Tensor logits = tensor::matrix_product(x, weight.t()).view({size, heads, count});
    const Tensor gradient = tensor::matrix_product(residuals(logits, y).view({size, -1}).t(), x);
    velocity.mul_(kMomentum).add_(gradient);
    weight.addcmul_(velocity, peak, -cosine(step, steps));
    progress.update(step + 1);
  }
  progress.finish();
  std::vector<LinearHead> found;
  for (int64_t h = 0; h < heads; ++h) {
    LinearHead head = split(weight.narrow(0, h * count, count));
    if (options.batch_norm) {
      const Tensor scale = (variance.to(torch::kCPU, torch::kFloat64) + kBatchNormEpsilon).rsqrt();
      head.weight *= scale;
      head.bias -= head.weight.mv(mean.to(torch::kCPU, torch::kFloat64));
    }
    found.push_back(std::move(head));
  }
  return found;
}

}  // namespace clipwright::eval::probe
