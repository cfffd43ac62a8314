#include "train/loop/step.h"

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
TowerOutputs run_towers(models::Clip& model, const StepInput& input, int64_t first, int64_t count,
                        bool bfloat16, models::BatchStatistics* seen = nullptr) {
  const torch::Device device = model.logit_scale().device();
  const auto type = model.logit_scale().scalar_type();
  const tensor::Bfloat16Autocast autocast(device.type(), bfloat16);
  const Tensor pixels =
      models::normalize_pixels(input.pixels.narrow(0, first, count).to(device, /*non_blocking=*/true),
                       model.config().preprocess)
          .to(type);
  TowerOutputs outputs{model.encode_image(pixels, seen).to(type), {}};
  std::vector<text::bpe::PackedTexts> slots;
  slots.reserve(input.texts.size());
  for (const text::bpe::PackedTexts& slot : input.texts) slots.push_back(slice_texts(slot, first, count));
  for (const Tensor& slot : model.encode_text(models::to_text_batch(slots)).to(type).split(count))
    outputs.texts.push_back(slot);
  return outputs;
}

losses::Objective::Value objective_of(models::Clip& model, losses::Objective& objective, const TowerOutputs& outputs) {
  losses::Features features;
  features.images = {torch::nn::functional::normalize(
      outputs.images, torch::nn::functional::NormalizeFuncOptions().dim(-1))};
  for (const Tensor& slot : outputs.texts) {
    features.texts.push_back(torch::nn::functional::normalize(
        slot, torch::nn::functional::NormalizeFuncOptions().dim(-1)));
  }
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

StepInput view_of(data::loader::Batch& batch, int image_size) {
  return {
      torch::from_blob(batch.images.data(), {batch.size, 3, image_size, image_size}, torch::kUInt8),
      batch.texts};
}

text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first, int64_t count) {
  CW_CHECK(first >= 0 && count >= 0 && first + count <= texts.size(), "a slice outside the texts");
  const int32_t begin = texts.offsets[static_cast<size_t>(first)],
                end = texts.offsets[static_cast<size_t>(first + count)];
  text::bpe::PackedTexts slice;
  slice.ids.assign(texts.ids.begin() + begin, texts.ids.begin() + end);
  for (int64_t i = 1; i <= count; ++i)
    slice.offsets.push_back(texts.offsets[static_cast<size_t>(first + i)] - begin);
  return slice;
}

StepLoss evaluate_step(models::Clip& model, losses::Objective& objective, const StepInput& input,
                       const StepOptions& options) {
  const models::Evaluating evaluating(model);
  const int64_t pairs = input.pixels.size(0),
                micro = options.micro_batch > 0 ? options.micro_batch : pairs;
  std::vector<TowerOutputs> parts;
  for (int64_t first = 0; first < pairs; first += micro) {
    parts.push_back(
        run_towers(model, input, first, std::min(micro, pairs - first), options.bfloat16));
  }
  return read_loss(model, objective_of(model, objective, join(parts)));
}

StepLoss forward_backward(models::Clip& model, losses::Objective& objective, const StepInput& input,
                          const StepOptions& options) {
  const int64_t pairs = input.pixels.size(0),
                micro = options.micro_batch > 0 ? options.micro_batch : pairs;
  models::BatchStatistics seen;  // of the first pass alone: the second one passes the same pictures again
  if (micro >= pairs) {
    const losses::Objective::Value value =
        objective_of(model, objective, run_towers(model, input, 0, pairs, options.bfloat16, &seen));
    value.total.backward();
    model.update_statistics(seen);
    return read_loss(model, value);
  }

  // The last micro-batch keeps its graph: its features are needed last and its gradients can be
  // sent first.
  std::vector<TowerOutputs> parts;
  int64_t last = 0;
  for (int64_t first = 0; first < pairs; first += micro) {
    const torch::AutoGradMode with_graph(first + micro >= pairs);
    parts.push_back(
        run_towers(model, input, first, std::min(micro, pairs - first), options.bfloat16, &seen));
    last = first;
  }
  TowerOutputs whole = join(parts);
  whole.images.requires_grad_();
  for (Tensor& slot : whole.texts) slot.requires_grad_();
  const losses::Objective::Value value = objective_of(model, objective, whole);
  value.total.backward();  // reaches the features and the scale, not the towers

  backward_part(parts.back(), whole, last, pairs - last);
  parts.clear();
  for (int64_t first = 0; first < last; first += micro) {
    backward_part(run_towers(model, input, first, micro, options.bfloat16), whole, first, micro);
  }
  model.update_statistics(seen);
  return read_loss(model, value);
}

}  // namespace clipwright::train::loop
