#include "losses/terms/batch_norm_head.h"

#include <cmath>

#include "core/error.h"
#include "losses/drawing.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.1;

/// A matrix the other way round, in memory too; its gradient likewise, which a plain transpose
/// would hand on as a view that batch normalisation is slow with.
struct Transposed : torch::autograd::Function<Transposed> {
  static Tensor forward(torch::autograd::AutogradContext*, const Tensor& matrix) {
    return matrix.t().contiguous();
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext*,
                                               const torch::autograd::tensor_list& gradients) {
    return {gradients[0].t().contiguous()};
  }
};

/// One group: (N, O) to (N, O).
Tensor batch_norm_group(const Tensor& rows, const Tensor& weight, const Tensor& bias,
                        RowMoments* moments) {
  RowMoments seen;
  if (moments != nullptr && rows.size(0) > 1)
    seen = {torch::zeros_like(weight.detach()), torch::zeros_like(weight.detach())};
  // Columns outermost: each is then summed by one thread, however many there are. With a momentum
  // of 1 the "running" statistics are this group's.
  const Tensor normal = at::batch_norm(Transposed::apply(rows).unsqueeze(0), weight, bias,
                                       seen.mean, seen.variance, /*training=*/true,
                                       /*momentum=*/1.0, kEpsilon, /*cudnn_enabled=*/false);
  if (moments != nullptr) *moments = seen;
  return Transposed::apply(normal.squeeze(0));
}

/// First rows of the groups, and the number of rows at the end.
std::vector<int64_t> group_starts(int64_t rows, int64_t group) {
  if (group == 0) return {0, rows};
  std::vector<int64_t> starts;
  for (int64_t start = 0; start < rows; start += group) {
    // A lone row would be normalised to nothing.
    if (start == 0 || rows - start > 1) starts.push_back(start);
  }
  starts.push_back(rows);
  return starts;
}

Tensor linear(const Tensor& rows, const HeadLayer& layer) {
  return tensor::linear_layer(rows, layer.weight, layer.bias);
}

}  // namespace

Tensor batch_norm_rows(const Tensor& rows, const Tensor& weight, const Tensor& bias, int64_t group,
                       RowMoments* moments) {
  CW_CHECK(rows.dim() == 2 && rows.size(0) > 0 && weight.dim() == 1 &&
               weight.size(0) == rows.size(1) && weight.sizes() == bias.sizes(),
           "batch_norm_rows needs rows (N, O), N > 0, and a weight and a bias (O)");
  CW_CHECK(group >= 0 && group != 1, "groups of rows have two rows or more");
  const std::vector<int64_t> starts = group_starts(rows.size(0), group);
  const size_t groups = starts.size() - 1;
  if (groups == 1) return batch_norm_group(rows, weight, bias, moments);

  std::vector<Tensor> parts, means, variances;
  for (size_t i = 0; i < groups; ++i) {
    RowMoments seen;
    parts.push_back(batch_norm_group(rows.narrow(0, starts[i], starts[i + 1] - starts[i]), weight,
                                     bias, moments == nullptr ? nullptr : &seen));
    means.push_back(seen.mean);
    variances.push_back(seen.variance);
  }
  if (moments != nullptr) *moments = {torch::stack(means).mean(0), torch::stack(variances).mean(0)};
  return torch::cat(parts);
}

Tensor head_rows(const Tensor& rows, const std::vector<HeadLayer>& layers, int64_t group,
                 std::vector<RowMoments>* moments) {
  Tensor x = rows;
  for (size_t i = 0; i < layers.size(); ++i) {
    x = linear(x, layers[i]);
    if (layers[i].norm_weight.defined()) {
      RowMoments* seen = moments == nullptr ? nullptr : &moments->emplace_back();
      x = batch_norm_rows(x, layers[i].norm_weight, layers[i].norm_bias, group, seen);
    }
    if (i + 1 < layers.size()) x = at::relu(x);
  }
  return x;
}

BatchNormHead::BatchNormHead(const HeadPlan& plan, const HeadOwner& owner) : group_(plan.group) {
  CW_CHECK(plan.widths.size() >= 2 && plan.norms < plan.widths.size(),
           "a head has a layer and no more norms than layers");
  const size_t depth = plan.widths.size() - 1;
  layers_.resize(depth);
  for (size_t i = 0; i < depth; ++i) {
    const int64_t in = plan.widths[i], out = plan.widths[i + 1];
    const std::string name = plan.name + "." + std::to_string(i);
    const double half = 1 / std::sqrt(static_cast<double>(in));
    const auto drawn = [&](torch::IntArrayRef shape, const std::string& leaf) {
      return drawn_uniform(shape, half, owner.seed, owner.term + "." + leaf);
    };
    HeadLayer& layer = layers_[i];
    layer.weight = owner.add_parameter(name + ".weight", drawn({out, in}, name + ".weight"), {});
    layer.bias = owner.add_parameter(name + ".bias", drawn({out}, name + ".bias"),
                                     i < plan.norms ? "a batch norm takes it away again" : "");
  }
  for (size_t i = 0; i < plan.norms; ++i) {
    const int64_t out = plan.widths[i + 1];
    const std::string name = plan.name + ".norm." + std::to_string(i);
    layers_[i].norm_weight = owner.add_parameter(name + ".weight", torch::ones({out}), {});
    layers_[i].norm_bias = owner.add_parameter(name + ".bias", torch::zeros({out}),
                                               i + 1 == plan.norms ? plan.last_norm_cancelled : "");
    running_.push_back(
        {owner.add_buffer(name + ".running_mean", torch::zeros({out}), {}),
         owner.add_buffer(name + ".running_var", torch::ones({out}), tensor::numbers_below_zero),
         owner.add_buffer(name + ".num_batches_tracked", torch::zeros({}, torch::kInt64),
                          tensor::numbers_below_zero)});
  }
}

Tensor BatchNormHead::forward(const Tensor& rows, bool training) {
  if (training) {
    seen_.emplace_back();
    return head_rows(rows, layers_, group_, &seen_.back());
  }
  Tensor x = rows;
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = linear(x, layers_[i]);
    if (i < running_.size()) {
      x = at::batch_norm(x, layers_[i].norm_weight, layers_[i].norm_bias, running_[i].mean,
                         running_[i].variance, /*training=*/false, kMomentum, kEpsilon,
                         /*cudnn_enabled=*/false);
    }
    if (i + 1 < layers_.size()) x = at::relu(x);
  }
  return x;
}

void BatchNormHead::end_step() {
  torch::NoGradGuard no_grad;
  for (const std::vector<RowMoments>& pass : seen_) {
    for (size_t i = 0; i < running_.size(); ++i) {
      if (!pass[i].mean.defined()) continue;
      running_[i].mean.mul_(1 - kMomentum).add_(pass[i].mean, kMomentum);
      running_[i].variance.mul_(1 - kMomentum).add_(pass[i].variance, kMomentum);
      running_[i].batches.add_(1);
    }
  }
  seen_.clear();
}

HeadOwner TermWithHeads::owner(const std::string& term, uint64_t seed) {
  return {
      .term = term,
      .seed = seed,
      .add_parameter =
          [this](const std::string& name, const Tensor& value, const std::string& cancelled) {
            return add_parameter(name, value, cancelled);
          },
      .add_buffer =
          [this](const std::string& name, const Tensor& value, const tensor::FindFlaw& find_flaw) {
            return add_buffer(name, value, find_flaw);
          }};
}

size_t TermWithHeads::first_view(const TermSetting& setting) {
  CW_CHECK(setting.views >= 2, "two views of a picture are compared");
  return static_cast<size_t>(setting.views - 2);
}

TermOption norm_rows_option() {
  return {.name = "norm-rows",
          .fallback = "0",
          .help =
              "rows that are normalised together; 0: all rows of the step; G: every G "
              "consecutive ones, as a process that holds G pairs would",
          .whole = true};
}

int64_t norm_rows(const std::string& term, const TermOptions& options) {
  const int64_t rows = options.count("norm-rows");
  if (rows == 1)
    fail_usage(term + "'s option norm-rows is 1",
               "0 (all rows of the step) or 2 and more: a single row has no spread to be "
               "normalised by");
  return rows;
}

}  // namespace clipwright::losses::terms
