#include "train/loop/step.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "train/loop/tower_pass.h"
#include "train/tuning/locked.h"

namespace clipwright::train::loop {
namespace {

/// The tensors of some features, as leaves that collect gradients; undefined where there is none.
std::vector<Tensor> make_leaves(losses::Features& features) {
  std::vector<Tensor> leaves;
  for_each_output(features, [&](Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.detach().requires_grad_();
    leaves.push_back(tensor);
  });
  return leaves;
}

/// Loss and gradient norm of each term, as a step finds them piece by piece.
class TermSums {
 public:
  explicit TermSums(const losses::Objective& objective)
      : losses_(objective.parts().size()), squares_(objective.parts().size(), 0.0) {}

  /// A term's loss, or a share of it.
  void add_loss(size_t term, const Tensor& loss) {
    losses_[term] = losses_[term].defined() ? losses_[term] + loss.detach() : loss.detach();
  }
  /// Square of the norm of a gradient that it sent.
  void add_square(size_t term, double square) { squares_[term] += square; }

  StepLoss read(models::Clip& model, const losses::Objective& objective) const {
    StepLoss step;
    step.logit_scale = objective.scale(model.logit_scale().detach()).item<double>();
    Tensor total;
    double norms = 0;
    for (size_t i = 0; i < losses_.size(); ++i) {
      const losses::Objective::Part& part = objective.parts()[i];
      CW_CHECK(losses_[i].defined(), "term " + part.name + " gave no loss");
      const Tensor weighted = part.weight * losses_[i];
      total = total.defined() ? total + weighted : weighted;
      step.terms.emplace_back(part.name, losses_[i].item<double>());
      norms += std::sqrt(squares_[i]);
    }
    step.loss = total.item<double>();
    for (size_t i = 0; losses_.size() > 1 && norms > 0 && i < losses_.size(); ++i)
      step.shares.emplace_back(objective.parts()[i].name, std::sqrt(squares_[i]) / norms);
    return step;
  }

 private:
  std::vector<Tensor> losses_;
  std::vector<double> squares_;
};

/// Takes the gradients out of the leaves and adds them to `sums`, whose entries may be undefined.
/// Returns the square of their norm, which is only asked for where terms are compared.
double collect(const std::vector<Tensor>& leaves, std::vector<Tensor>& sums, bool measure) {
  double square = 0;
  for (size_t i = 0; i < leaves.size(); ++i) {
    if (!leaves[i].defined()) continue;
    Tensor& gradient = leaves[i].mutable_grad();
    if (!gradient.defined()) continue;
    if (measure) square += gradient.square().sum().item<double>();
    sums[i] = sums[i].defined() ? sums[i].add_(gradient) : gradient;
    gradient = Tensor();
  }
  return square;
}

/// What a term's gradient is taken of. The weight comes in here, so that its parameters have the
/// gradient of the sum.
void send_back(const Tensor& loss, double weight) {
  if (loss.requires_grad()) (weight * loss).backward();
}

/// Each term's loss as `loss_of` asks it for one of the features that it wants, with a graph of its
/// own down to `leaves`, which are the tensors of `features`. Returns the sum of the gradients of
/// each leaf; undefined where none arrived.
template <typename LossOf>
std::vector<Tensor> term_gradients(models::Clip& model, losses::Objective& objective,
                                   const losses::Features& features,
                                   losses::Wants (losses::Term::*wants)() const,
                                   const std::vector<Tensor>& leaves, TermSums& sums,
                                   const LossOf& loss_of) {
  std::vector<Tensor> gradients(leaves.size());
  const bool several = objective.parts().size() > 1;
  for (size_t i = 0; i < objective.parts().size(); ++i) {
    const losses::Objective::Part& part = objective.parts()[i];
    const Tensor loss = loss_of(*part.term, with_unit_rows(features, ((*part.term).*wants)(),
                                                           objective.scale(model.logit_scale())));
    if (!loss.defined()) continue;
    send_back(loss, part.weight);
    sums.add_loss(i, loss);
    sums.add_square(i, collect(leaves, gradients, several));
  }
  return gradients;
}

/// A micro-batch's second half: its own losses, and all gradients into the towers.
class PartBackward {
 public:
  PartBackward(models::Clip& model, losses::Objective& objective,
               const losses::StepContext& context, const std::vector<Tensor>& whole_gradients,
               TermSums& sums)
      : model_(model),
        objective_(objective),
        context_(context),
        whole_gradients_(whole_gradients),
        sums_(sums) {}

  /// `features` with their graph; parts come in any order, `first` is the row of each tensor at
  /// which this part starts.
  void run(losses::Features& features, const std::vector<int64_t>& first) {
    std::vector<Tensor> outputs;
    for_each_output(features, [&](Tensor& tensor) { outputs.push_back(tensor); });
    losses::Features cut = features;
    const std::vector<Tensor> leaves = make_leaves(cut);
    const std::vector<Tensor> gradients =
        term_gradients(model_, objective_, cut, &losses::Term::wants, leaves, sums_,
                       [&](losses::Term& term, const losses::Features& read) {
                         return term.sample_loss(read, context_);
                       });
    // A tower that is frozen as a whole has no graph; what no term read has no gradient.
    std::vector<Tensor> sources, sent;
    for (size_t i = 0; i < outputs.size(); ++i) {
      Tensor gradient = gradients[i];
      if (whole_gradients_[i].defined()) {
        const Tensor rows = whole_gradients_[i].narrow(0, first[i], outputs[i].size(0));
        gradient = gradient.defined() ? gradient + rows : rows;
      }
      if (!gradient.defined() || !outputs[i].requires_grad()) continue;
      sources.push_back(outputs[i]);
      sent.push_back(gradient);
    }
    if (!sources.empty()) torch::autograd::backward(sources, sent);
  }

 private:
  models::Clip& model_;
  losses::Objective& objective_;
  losses::StepContext context_;
  const std::vector<Tensor>& whole_gradients_;
  TermSums& sums_;
};

/// What the second pass takes from the first because no gradient enters it: the features of a tower
/// that is locked as a whole.
struct KnownFeatures {
  bool views = false, texts = false;

  KnownFeatures(const models::Clip& model, const losses::Objective& objective,
                const losses::Wants& of_batch) {
    const losses::Wants& wants = objective.wants();
    const tuning::TrainedTowers trained = tuning::trained_towers(model);
    // Rows of the objective's own that go through a tower are trained through it.
    views = !trained.image && std::none_of(wants.views.begin(), wants.views.end(),
                                           [](const auto& view) { return view.branches; });
    texts = !trained.text && !objective.mask_token().defined() &&
            std::equal(wants.texts.begin(), wants.texts.end(), of_batch.texts.begin(),
                       of_batch.texts.end(), [](const auto& a, const auto& b) {
                         return a.embedding == b.embedding && a.tokens == b.tokens &&
                                a.padding == b.padding;
                       });
  }

  /// What the towers are left to compute.
  losses::Wants missing(losses::Wants wants) const {
    if (views) std::fill(wants.views.begin(), wants.views.end(), losses::ImageWants{});
    if (texts) {
      std::fill(wants.texts.begin(), wants.texts.end(), losses::TextWants{});
      wants.rewrites = false;
    }
    return wants;
  }

  void fill_in(losses::Features& features, const losses::Features& first_pass) const {
    if (views) features.views = first_pass.views;
    if (!texts) return;
    features.texts = first_pass.texts;
    features.rewrites = first_pass.rewrites;
  }
};

void add_part(const StepInput& part, losses::StepContext& context) {
  context.pairs += part.pairs();
  context.masked_words += count_masked(part);
}

void finish_step(models::Clip& model, losses::Objective& objective, losses::Features whole,
                 StepLoss& step) {
  const torch::NoGradGuard no_grad;
  for_each_output(whole, [](Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.detach();
  });
  for (const losses::Objective::Part& part : objective.parts()) {
    part.term->after_step(
        with_unit_rows(whole, part.term->batch_wants(), objective.scale(model.logit_scale())));
    for (losses::Reading& reading : part.term->readings())
      step.readings.push_back(std::move(reading));
  }
}

}  // namespace

StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, StepParts& input,
                       const StepOptions& options) {
  const models::Evaluating evaluating(model), terms_too(objective);
  std::vector<losses::Features> parts;
  losses::StepContext context;
  for (int64_t i = 0; i < input.count(); ++i) {
    const StepInput& part = input.part(i);
    add_part(part, context);
    parts.push_back(run_towers(model, objective, objective.wants(), part, options.bfloat16, nullptr,
                               options.frozen));
    input.done(i);
  }
  const losses::Features whole = join(parts);
  parts.clear();
  TermSums sums(objective);
  for (size_t i = 0; i < objective.parts().size(); ++i) {
    losses::Term& term = *objective.parts()[i].term;
    const losses::Features read =
        with_unit_rows(whole, term.wants(), objective.scale(model.logit_scale()));
    for (const Tensor& loss : {term.loss(read), term.sample_loss(read, context)}) {
      if (loss.defined()) sums.add_loss(i, loss);
    }
  }
  return sums.read(model, objective);
}

StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, const StepInput& input,
                       const StepOptions& options) {
  SlicedBatch parts(input, options.micro_batch);
  return evaluate_step(model, objective, parts, options);
}

StepLoss forward_backward(models::Clip& model, losses::Objective& objective, StepParts& input,
                          const StepOptions& options) {
  const int64_t count = input.count(), last = count - 1;
  // Of the first pass alone: the second one passes the same pictures again.
  tensor::BatchStatistics seen;
  // All views, since statistics are gathered of them; of texts what the whole batch is needed of.
  losses::Wants of_batch = objective.wants();
  of_batch.texts = objective.batch_wants().texts;
  // The last micro-batch keeps its graph: its features are needed last and its gradients can be
  // sent first.
  losses::Features with_graph;
  std::vector<losses::Features> parts;
  std::vector<std::vector<int64_t>> first;  // of each part, the row of each tensor it starts at
  std::vector<int64_t> end;
  losses::StepContext context;
  for (int64_t i = 0; i < count; ++i) {
    const torch::AutoGradMode graph(i == last);
    const StepInput& part = input.part(i);
    add_part(part, context);
    losses::Features features =
        run_towers(model, objective, i == last ? objective.wants() : of_batch, part,
                   options.bfloat16, &seen, options.frozen);
    parts.push_back(with_wanted_texts(features, of_batch));
    if (i == last) with_graph = std::move(features);
    const std::vector<int64_t> rows = rows_of_outputs(parts.back());
    end.resize(rows.size(), 0);
    first.push_back(end);
    for (size_t k = 0; k < rows.size(); ++k) end[k] += rows[k];
  }
  losses::Features whole = join(parts);
  const KnownFeatures known(model, objective, of_batch);
  if (!known.views && !known.texts) parts.clear();
  const std::vector<Tensor> leaves = make_leaves(whole);
  TermSums sums(objective);
  const std::vector<Tensor> gradients = term_gradients(
      model, objective, whole, &losses::Term::batch_wants, leaves, sums,
      [](losses::Term& term, const losses::Features& all) { return term.loss(all); });

  PartBackward backward(model, objective, context, gradients, sums);
  backward.run(with_graph, first[static_cast<size_t>(last)]);
  input.done(last);
  for (int64_t i = 0; i < last; ++i) {
    with_graph = run_towers(model, objective, known.missing(objective.wants()), input.part(i),
                            options.bfloat16, nullptr, options.frozen);
    if (!parts.empty()) known.fill_in(with_graph, parts[static_cast<size_t>(i)]);
    backward.run(with_graph, first[static_cast<size_t>(i)]);
    input.done(i);
  }
  model.update_statistics(seen);
  StepLoss step = sums.read(model, objective);
  finish_step(model, objective, std::move(whole), step);
  return step;
}

StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options) {
  SlicedBatch parts(input, options.micro_batch);
  return forward_backward(model, objective, parts, options);
}

}  // namespace clipwright::train::loop
