#include "train/loop/step.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "core/error.h"
#include "tensor/autocast.h"

namespace clipwright::train::loop {
namespace {

/// What the towers give for some pairs, not of unit length: (n, E) pictures and (n, E) a text slot.
struct TowerOutputs {
  Tensor images;
  std::vector<Tensor> texts;
};

/// What batch normalisation meets is added to `seen`, where one is given.
TowerOutputs run_towers(models::Clip& model, const StepInput& input, bool bfloat16,
                        models::BatchStatistics* seen = nullptr) {
  const torch::Device device = model.logit_scale().device();
  const auto type = model.logit_scale().scalar_type();
  const tensor::Bfloat16Autocast autocast(device.type(), bfloat16);
  const Tensor pixels = models::normalize_pixels(input.pixels.to(device, /*non_blocking=*/true),
                                                 model.config().preprocess)
                            .to(type);
  TowerOutputs outputs{model.encode_image(pixels, seen).to(type), {}};
  for (const Tensor& slot :
       model.encode_text(models::to_text_batch(input.texts)).to(type).split(input.pixels.size(0)))
    outputs.texts.push_back(slot);
  return outputs;
}

/// Rows of unit length, by the steps of torch's normalize and so to the same bits.
Tensor unit_rows(const Tensor& rows) {
  return rows / rows.norm(2.0, -1, /*keepdim=*/true).clamp_min(1e-12).expand_as(rows);
}

losses::Objective::Value objective_of(models::Clip& model, losses::Objective& objective,
                                      const TowerOutputs& outputs) {
  losses::Features features;
  features.images = {unit_rows(outputs.images)};
  for (const Tensor& slot : outputs.texts) features.texts.push_back(unit_rows(slot));
  features.logit_scale = model.logit_scale().exp();
  return objective.loss(features);
}

StepLoss read_loss(models::Clip& model, const losses::Objective::Value& value) {
  StepLoss loss;
  loss.loss = value.total.item<double>();
  loss.logit_scale = model.logit_scale().detach().exp().item<double>();
  for (const auto& [name, term] : value.terms) loss.terms.emplace_back(name, term.item<double>());
  return loss;
}

TowerOutputs join(const std::vector<TowerOutputs>& parts) {
  std::vector<Tensor> images;
  for (const TowerOutputs& part : parts) images.push_back(part.images.detach());
  TowerOutputs whole{torch::cat(images), {}};
  for (size_t k = 0; k < parts[0].texts.size(); ++k) {
    std::vector<Tensor> slot;
    for (const TowerOutputs& part : parts) slot.push_back(part.texts[k].detach());
    whole.texts.push_back(torch::cat(slot));
  }
  return whole;
}

/// A term may leave features unread; their gradient is then zero.
Tensor gradient_rows(const Tensor& leaf, int64_t first, int64_t count) {
  return leaf.grad().defined() ? leaf.grad().narrow(0, first, count)
                               : torch::zeros_like(leaf.detach().narrow(0, first, count));
}

/// Sends the gradients of rows first .. first + count of the joined features into a micro-batch's
/// graph. A tower that is frozen as a whole has none.
void backward_part(const TowerOutputs& part, const TowerOutputs& whole, int64_t first,
                   int64_t count) {
  std::vector<Tensor> outputs, gradients;
  const auto send = [&](const Tensor& output, const Tensor& leaf) {
    if (!output.requires_grad()) return;
    outputs.push_back(output);
    gradients.push_back(gradient_rows(leaf, first, count));
  };
  send(part.images, whole.images);
  for (size_t k = 0; k < part.texts.size(); ++k) send(part.texts[k], whole.texts[k]);
  if (!outputs.empty()) torch::autograd::backward(outputs, gradients);
}

}  // namespace

text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first,
                                   int64_t count) {
  CW_CHECK(first >= 0 && count >= 0 && first + count <= texts.size(), "a slice outside the texts");
  const int32_t begin = texts.offsets[static_cast<size_t>(first)],
                end = texts.offsets[static_cast<size_t>(first + count)];
  text::bpe::PackedTexts slice;
  slice.ids.assign(texts.ids.begin() + begin, texts.ids.begin() + end);
  for (int64_t i = 1; i <= count; ++i)
    slice.offsets.push_back(texts.offsets[static_cast<size_t>(first + i)] - begin);
  return slice;
}

SlicedBatch::SlicedBatch(const StepInput& whole, int64_t micro_batch)
    : whole_(whole),
      pairs_(whole.pixels.size(0)),
      micro_batch_(micro_batch > 0 ? std::min(micro_batch, pairs_) : pairs_) {}

int64_t SlicedBatch::count() const { return (pairs_ + micro_batch_ - 1) / micro_batch_; }

const StepInput& SlicedBatch::part(int64_t i) {
  if (count() == 1) return whole_;
  const int64_t first = i * micro_batch_, rows = std::min(micro_batch_, pairs_ - first);
  part_.pixels = whole_.pixels.narrow(0, first, rows);
  part_.texts.clear();
  for (const text::bpe::PackedTexts& slot : whole_.texts)
    part_.texts.push_back(slice_texts(slot, first, rows));
  return part_;
}

StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, StepParts& input,
                       const StepOptions& options) {
  const models::Evaluating evaluating(model);
  std::vector<TowerOutputs> parts;
  for (int64_t i = 0; i < input.count(); ++i) {
    parts.push_back(run_towers(model, input.part(i), options.bfloat16));
    input.done(i);
  }
  return read_loss(model, objective_of(model, objective, join(parts)));
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
  models::BatchStatistics seen;
  if (count == 1) {
    const losses::Objective::Value value =
        objective_of(model, objective, run_towers(model, input.part(0), options.bfloat16, &seen));
    value.total.backward();
    model.update_statistics(seen);
    input.done(0);
    return read_loss(model, value);
  }

  // The last micro-batch keeps its graph: its features are needed last and its gradients can be
  // sent first.
  std::vector<TowerOutputs> parts;
  std::vector<int64_t> first = {0};  // row of each part
  for (int64_t i = 0; i < count; ++i) {
    const torch::AutoGradMode with_graph(i == last);
    parts.push_back(run_towers(model, input.part(i), options.bfloat16, &seen));
    first.push_back(first.back() + parts.back().images.size(0));
  }
  TowerOutputs whole = join(parts);
  whole.images.requires_grad_();
  for (Tensor& slot : whole.texts) slot.requires_grad_();
  const losses::Objective::Value value = objective_of(model, objective, whole);
  value.total.backward();  // reaches the features and the scale, not the towers

  const auto rows = [&](int64_t i) {
    return first[static_cast<size_t>(i) + 1] - first[static_cast<size_t>(i)];
  };
  backward_part(parts.back(), whole, first[static_cast<size_t>(last)], rows(last));
  input.done(last);
  parts.clear();
  for (int64_t i = 0; i < last; ++i) {
    backward_part(run_towers(model, input.part(i), options.bfloat16), whole,
                  first[static_cast<size_t>(i)], rows(i));
    input.done(i);
  }
  model.update_statistics(seen);
  return read_loss(model, value);
}

StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options) {
  SlicedBatch parts(input, options.micro_batch);
  return forward_backward(model, objective, parts, options);
}

}  // namespace clipwright::train::loop
