#include "losses/terms/masked_lm.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "losses/drawing.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kScoreBytes = int64_t{64} << 20;

/// Rows whose scores fit into `kScoreBytes`.
int64_t rows_at_once(const Tensor& weight) {
  const auto row = static_cast<int64_t>(weight.element_size()) * weight.size(0);
  return std::max<int64_t>(1, kScoreBytes / std::max<int64_t>(1, row));
}

struct WordLoss : torch::autograd::Function<WordLoss> {
  static tensor_list forward(AutogradContext* context, const Tensor& rows, const Tensor& targets,
                             const Tensor& weight, const Tensor& bias) {
    const int64_t count = rows.size(0), step = rows_at_once(weight);
    Tensor sum = torch::zeros({}, rows.options()), right = torch::zeros({}, targets.options());
    Tensor log_sums = torch::empty({count}, rows.options());
    for (int64_t begin = 0; begin < count; begin += step) {
      Tensor scores = tensor::linear_layer(rows.slice(0, begin, begin + step), weight, bias);
      const Tensor own =
          scores.gather(1, targets.slice(0, begin, begin + step).unsqueeze(1)).squeeze(1);
      const Tensor most = scores.amax(1);
      const Tensor log_sum = scores.sub_(most.unsqueeze(1)).exp_().sum(1).log_().add_(most);
      sum += (log_sum - own).sum();
      right += own.eq(most).sum();
      log_sums.slice(0, begin, begin + step).copy_(log_sum);
    }
    context->save_for_backward({rows, targets, weight, bias, log_sums});
    context->mark_non_differentiable({right});
    return {sum, right};
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &rows = saved[0], &targets = saved[1], &weight = saved[2], &bias = saved[3],
                 &log_sums = saved[4];
    const int64_t count = rows.size(0), step = rows_at_once(weight);
    const torch::NoGradGuard no_grad;
    Tensor grad_rows = torch::empty_like(rows), grad_weight, grad_bias = torch::zeros_like(bias);
    for (int64_t begin = 0; begin < count; begin += step) {
      const Tensor some = rows.slice(0, begin, begin + step);
      Tensor scores = tensor::linear_layer(some, weight, bias);
      // Softmax less one at the target.
      scores.sub_(log_sums.slice(0, begin, begin + step).unsqueeze(1)).exp_();
      const Tensor at = targets.slice(0, begin, begin + step).unsqueeze(1);
      scores.scatter_add_(1, at, torch::full(at.sizes(), -1, rows.options()));
      scores.mul_(gradients[0]);
      grad_rows.slice(0, begin, begin + step).copy_(tensor::matrix_product(scores, weight));
      const Tensor part = tensor::matrix_product(scores.t(), some);
      grad_weight = grad_weight.defined() ? grad_weight.add_(part) : part;
      grad_bias += scores.sum(0);
    }
    if (!grad_weight.defined()) grad_weight = torch::zeros_like(weight);
    return {grad_rows, Tensor(), grad_weight, grad_bias};
  }
};

class MaskedLm final : public Term {
 public:
  explicit MaskedLm(const TermSetting& setting) : masked_(setting.masked) {
    const int64_t words = setting.widths.vocabulary, width = setting.widths.text_tokens;
    const double half = 1 / std::sqrt(static_cast<double>(width));
    weight_ = add_parameter(
        "head.weight", drawn_uniform({words, width}, half, setting.seed, "masked-lm.head.weight"));
    bias_ = add_parameter("head.bias",
                          drawn_uniform({words}, half, setting.seed, "masked-lm.head.bias"));
  }

  Wants wants() const override {
    Wants wants;
    for (const bool masked : masked_) wants.texts.push_back({.tokens = masked});
    return wants;
  }
  Wants batch_wants() const override { return {}; }

  Tensor sample_loss(const Features& some, const StepContext& step) override {
    std::vector<Tensor> rows, targets;
    for (size_t slot = 0; slot < masked_.size(); ++slot) {
      if (!masked_[slot]) continue;
      const TextFeatures& text = some.texts.at(slot);
      const Tensor picked = text.targets.ge(0).nonzero().squeeze(1);  // on the CPU
      rows.push_back(text.tokens.index_select(0, picked.to(text.tokens.device())));
      targets.push_back(text.targets.index_select(0, picked));
    }
    CW_CHECK(!rows.empty(), "masked-lm needs a masked text slot");
    const MaskedWords words = masked_words(at::cat(rows, 0), at::cat(targets, 0), weight_, bias_);
    if (is_training()) note(words);
    return words.sum / static_cast<double>(std::max<int64_t>(1, step.masked_words));
  }

  void after_step(const Features&) override { step_is_over_ = true; }

  std::vector<Reading> readings() override {
    const auto words = static_cast<double>(words_);
    if (words_ == 0) return {{"masked-lm/words", 0}};
    return {{"masked-lm/accuracy", right_.item<double>() / words}, {"masked-lm/words", words}};
  }

 private:
  /// Micro-batches add up until their step is over.
  void note(const MaskedWords& words) {
    if (step_is_over_) words_ = 0;
    right_ = words_ == 0 ? words.right : right_ + words.right;
    step_is_over_ = false;
    words_ += words.words;
  }

  std::vector<bool> masked_;
  Tensor weight_, bias_;  // (V, W), (V)
  int64_t words_ = 0;
  Tensor right_;  // on the device: read once a step
  bool step_is_over_ = false;
};

}  // namespace

MaskedWords masked_words(const Tensor& rows_in, const Tensor& targets, const Tensor& weight,
                         const Tensor& bias) {
  CW_CHECK(rows_in.dim() == 2 && weight.dim() == 2 && rows_in.size(1) == weight.size(1) &&
               targets.dim() == 1 && targets.size(0) == rows_in.size(0) &&
               targets.scalar_type() == torch::kInt64 && bias.dim() == 1 &&
               bias.size(0) == weight.size(0),
           "masked words need rows (R, W), targets int64 (R), weight (V, W) and bias (V)");
  const int64_t count = targets.size(0);
  if (count > 0) {
    const auto [least, most] = at::aminmax(targets);
    const auto first = least.item<int64_t>(), last = most.item<int64_t>();
    if (first < 0 || last >= weight.size(0)) {
      fail_input("the masked words' targets lie between " + std::to_string(first) + " and " +
                     std::to_string(last),
                 "0 to " + std::to_string(weight.size(0) - 1) + ", the rows of the head");
    }
  }
  const tensor_list both =
      WordLoss::apply(rows_in.to(weight.scalar_type()), targets.to(weight.device()), weight, bias);
  return {both[0], both[1], count};
}

Tensor masked_lm_loss(const Tensor& rows, const Tensor& targets, const Tensor& weight,
                      const Tensor& bias) {
  return masked_words(rows, targets, weight, bias).sum /
         static_cast<double>(std::max<int64_t>(1, targets.size(0)));
}

TermKind masked_lm_kind() {
  return {
      .name = "masked-lm",
      .summary = "the hidden words of a masked text are predicted from the tower's other rows",
      .source = "Devlin et al. 2019 (BERT); Li et al. 2022 (DeCLIP), section 3.2",
      .options = {},
      .needs_mask = true,
      .make = [](const TermSetting& setting) { return std::make_shared<MaskedLm>(setting); },
  };
}

}  // namespace clipwright::losses::terms
