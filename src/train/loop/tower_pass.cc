#include "train/loop/tower_pass.h"

#include <algorithm>
#include <span>

#include "core/error.h"
#include "tensor/autocast.h"

namespace clipwright::train::loop {
namespace {

/// Slots that go through the text tower together.
struct TextPass {
  models::TextRequest request;
  std::vector<size_t> slots;
};

/// Slots with one request share a pass; a slot that nobody reads has none.
std::vector<TextPass> plan_text_passes(const losses::Objective& objective,
                                       const losses::Wants& wants, size_t texts) {
  const std::vector<std::string>& names = objective.config().texts;
  std::vector<TextPass> passes;
  for (size_t k = 0; k < texts; ++k) {
    models::TextRequest request;
    if (k < names.size()) {
      if (!wants.texts[k].embedding && !wants.texts[k].tokens) continue;
      const losses::SlotName name = losses::parse_slot(names[k]);
      request.tokens = wants.texts[k].tokens;
      request.padding = wants.texts[k].padding;
      request.both_sides = name.both_sides;
      if (name.masked) request.mask_token = objective.mask_token();
    } else if (!wants.rewrites) {
      continue;
    }
    const auto same = std::find_if(passes.begin(), passes.end(), [&](const TextPass& pass) {
      return pass.request.tokens == request.tokens && pass.request.padding == request.padding &&
             pass.request.both_sides == request.both_sides &&
             pass.request.mask_token.defined() == request.mask_token.defined();
    });
    if (same == passes.end()) {
      passes.push_back({request, {k}});
    } else {
      same->slots.push_back(k);
    }
  }
  return passes;
}

/// `targets` of texts at `offsets` as those of texts of `length` tokens: nothing is hidden in
/// padding.
Tensor with_padding(const Tensor& targets, const std::vector<int32_t>& offsets, int64_t length) {
  const auto texts = static_cast<int64_t>(offsets.size()) - 1;
  Tensor padded = torch::full({texts, length}, -1, targets.options());
  for (int64_t n = 0; n < texts; ++n) {
    const int32_t begin = offsets[static_cast<size_t>(n)],
                  count = offsets[static_cast<size_t>(n) + 1] - begin;
    padded[n].narrow(0, 0, count).copy_(targets.narrow(0, begin, count));
  }
  return padded.view(-1);
}

/// The same as one list of texts: place n of it is text n % N of list n / N.
text::bpe::PackedTexts chosen_texts(const std::vector<text::bpe::PackedTexts>& lists,
                                    const std::vector<int64_t>& places) {
  text::bpe::PackedTexts chosen;
  for (const int64_t place : places) {
    const auto size = static_cast<int64_t>(lists[0].offsets.size()) - 1;
    const text::bpe::PackedTexts& list = lists[static_cast<size_t>(place / size)];
    const auto n = static_cast<size_t>(place % size);
    chosen.ids.insert(chosen.ids.end(), list.ids.begin() + list.offsets[n],
                      list.ids.begin() + list.offsets[n + 1]);
    chosen.offsets.push_back(static_cast<int32_t>(chosen.ids.size()));
  }
  return chosen;
}

/// The embeddings of all lists' texts, those that are known from before.
Tensor kept_text_embeddings(models::Clip& model, const std::vector<text::bpe::PackedTexts>& lists,
                            const models::TextRequest& request, tuning::FrozenFeatures& kept) {
  std::vector<tuning::ContentHash> contents;
  for (const text::bpe::PackedTexts& list : lists) {
    for (size_t n = 0; n + 1 < list.offsets.size(); ++n)
      contents.push_back(tuning::content_hash(std::as_bytes(std::span(list.ids).subspan(
          static_cast<size_t>(list.offsets[n]),
          static_cast<size_t>(list.offsets[n + 1] - list.offsets[n])))));
  }
  return kept.rows(contents, [&](const std::vector<int64_t>& missing) {
    return model.encode_text(models::to_text_batch(chosen_texts(lists, missing)), request)
        .embedding;
  });
}

/// The embeddings of a view's pictures, those that are known from before.
Tensor kept_image_embeddings(models::Clip& model, const Tensor& pictures,
                             tuning::FrozenFeatures& kept) {
  const Tensor view = pictures.contiguous();
  const auto size = static_cast<size_t>(view.numel() / view.size(0));
  std::vector<tuning::ContentHash> contents;
  for (int64_t n = 0; n < view.size(0); ++n)
    contents.push_back(tuning::content_hash(std::as_bytes(
        std::span(view.const_data_ptr<uint8_t>() + static_cast<size_t>(n) * size, size))));
  return kept.rows(contents, [&](const std::vector<int64_t>& missing) {
    const Tensor pixels = view.index_select(0, torch::tensor(missing, torch::kInt64))
                              .to(model.logit_scale().device());
    return model.encode_image(models::normalize_pixels(pixels, model.config().preprocess)
                                  .to(model.logit_scale().scalar_type()));
  });
}

void run_text_pass(models::Clip& model, const TextPass& pass, const StepInput& input,
                   tuning::FrozenFeatures* kept, std::vector<losses::TextFeatures>& texts) {
  std::vector<text::bpe::PackedTexts> packed;
  std::vector<int64_t> tokens;
  const int64_t length = model.config().text.context_length;
  for (const size_t k : pass.slots) {
    packed.push_back(input.texts[k]);
    tokens.push_back(pass.request.padding ? input.pairs() * length
                                          : static_cast<int64_t>(input.texts[k].ids.size()));
  }
  const auto type = model.logit_scale().scalar_type();
  models::TextOutputs outputs;
  if (kept != nullptr && !pass.request.both_sides) {
    outputs.embedding =
        kept_text_embeddings(model, packed, pass.request, *kept).to(model.logit_scale().device());
  } else {
    outputs = model.encode_text(models::to_text_batch(packed), pass.request);
  }
  const std::vector<Tensor> embeddings = outputs.embedding.to(type).split(input.pairs());
  std::vector<Tensor> rows(pass.slots.size());
  if (outputs.tokens.defined()) rows = outputs.tokens.to(type).split_with_sizes(tokens);
  for (size_t i = 0; i < pass.slots.size(); ++i) {
    const size_t k = pass.slots[i];
    losses::TextFeatures& text = texts[k];
    text.embedding = embeddings[i];
    text.tokens = rows[i];
    text.offsets = pass.request.padding
                       ? torch::arange(input.pairs() + 1, torch::kInt32).mul_(length)
                       : torch::tensor(input.texts[k].offsets, torch::kInt32);
    if (k >= input.targets.size() || input.targets[k].empty()) continue;
    CW_CHECK(input.targets[k].size() == input.texts[k].ids.size(),
             "a masked slot has one target a token");
    text.targets = torch::tensor(input.targets[k], torch::kInt32).to(torch::kInt64);
    if (pass.request.padding)
      text.targets = with_padding(text.targets, input.texts[k].offsets, length);
  }
}

}  // namespace

losses::Features run_towers(models::Clip& model, const losses::Objective& objective,
                            const losses::Wants& wants, const StepInput& input, bool bfloat16,
                            tensor::BatchStatistics* seen, tuning::FrozenTowers* frozen) {
  const torch::Device device = model.logit_scale().device();
  const auto type = model.logit_scale().scalar_type();
  const tensor::Bfloat16Autocast autocast(device.type(), bfloat16);
  const size_t slots = wants.texts.size();
  CW_CHECK(input.views.size() >= wants.views.size() && input.texts.size() >= slots,
           "the step has fewer views or texts than the objective names");
  losses::Features features;
  for (size_t v = 0; v < wants.views.size(); ++v) {
    features.views.emplace_back();
    const losses::ImageWants& want = wants.views[v];
    if (!want.embedding && !want.pooled && !want.patches && !want.branches) continue;
    if (frozen != nullptr && frozen->image) {
      features.views.back().embedding =
          kept_image_embeddings(model, input.views[v], *frozen->image).to(device, type);
      continue;
    }
    const Tensor pixels =
        models::normalize_pixels(input.views[v].to(device), model.config().preprocess).to(type);
    models::ImageRequest request{.pooled = want.pooled, .patches = want.patches};
    if (want.branches) request.class_tokens = objective.class_tokens();
    if (model.is_training() && !input.kept_patches.empty())
      request.kept_patches = input.kept_patches.at(v);
    const models::ImageOutputs outputs = model.encode_image(pixels, request, seen);
    losses::ImageFeatures& view = features.views.back();
    view.embedding = outputs.embedding.to(type);
    if (want.pooled) view.pooled = outputs.pooled.to(type);
    if (want.patches) view.patches = outputs.patches.to(type);
    if (want.branches) view.branches = outputs.branches.to(type);
  }
  std::vector<losses::TextFeatures> texts(input.texts.size());
  for (const TextPass& pass : plan_text_passes(objective, wants, input.texts.size()))
    run_text_pass(model, pass, input, frozen != nullptr ? frozen->text.get() : nullptr, texts);
  features.texts.assign(texts.begin(), texts.begin() + static_cast<long>(slots));
  if (wants.rewrites)
    features.rewrites.assign(texts.begin() + static_cast<long>(slots), texts.end());
  return features;
}

losses::Features with_wanted_texts(losses::Features features, const losses::Wants& wants) {
  for (size_t k = 0; k < wants.texts.size(); ++k) {
    losses::TextFeatures& text = features.texts.at(k);
    if (!wants.texts[k].tokens) text.tokens = Tensor();
    if (!wants.texts[k].tokens && !wants.texts[k].embedding) text = {};
  }
  return features;
}

void for_each_output(losses::Features& features, const std::function<void(Tensor&)>& visit) {
  for (losses::ImageFeatures& view : features.views) {
    visit(view.embedding);
    visit(view.pooled);
    visit(view.patches);
    visit(view.branches);
  }
  for (auto* texts : {&features.texts, &features.rewrites}) {
    for (losses::TextFeatures& text : *texts) {
      visit(text.embedding);
      visit(text.tokens);
    }
  }
}

std::vector<int64_t> rows_of_outputs(losses::Features& features) {
  std::vector<int64_t> rows;
  for_each_output(features,
                  [&](Tensor& tensor) { rows.push_back(tensor.defined() ? tensor.size(0) : 0); });
  return rows;
}

losses::Features join(const std::vector<losses::Features>& parts) {
  losses::Features whole = parts.at(0);
  if (parts.size() == 1) {
    for_each_output(whole, [](Tensor& tensor) {
      if (tensor.defined()) tensor = tensor.detach();
    });
    return whole;
  }
  std::vector<std::vector<Tensor>> outputs;  // by tensor, then by part
  for (losses::Features part : parts) {
    size_t i = 0;
    for_each_output(part, [&](Tensor& tensor) {
      if (i == outputs.size()) outputs.emplace_back();
      if (tensor.defined()) outputs[i].push_back(tensor.detach());
      ++i;
    });
  }
  size_t i = 0;
  for_each_output(whole, [&](Tensor& tensor) {
    if (tensor.defined()) tensor = torch::cat(outputs[i]);
    ++i;
  });
  const auto join_places = [&](std::vector<losses::TextFeatures> losses::Features::*list) {
    for (size_t k = 0; k < (whole.*list).size(); ++k) {
      losses::TextFeatures& text = (whole.*list)[k];
      if (!text.offsets.defined()) continue;
      std::vector<Tensor> offsets = {torch::zeros({1}, torch::kInt32)}, targets;
      int32_t before = 0;
      for (const losses::Features& part : parts) {
        const losses::TextFeatures& own = (part.*list)[k];
        offsets.push_back(own.offsets.narrow(0, 1, own.offsets.size(0) - 1) + before);
        before += own.offsets[-1].item<int32_t>();
        if (own.targets.defined()) targets.push_back(own.targets);
      }
      text.offsets = torch::cat(offsets);
      if (!targets.empty()) text.targets = torch::cat(targets);
    }
  };
  join_places(&losses::Features::texts);
  join_places(&losses::Features::rewrites);
  return whole;
}

losses::Features with_unit_rows(const losses::Features& towers, const losses::Wants& wants,
                                const Tensor& scale) {
  losses::Features features = towers;
  features.logit_scale = scale;
  for (size_t v = 0; v < wants.views.size(); ++v) {
    losses::ImageFeatures& view = features.views.at(v);
    if (wants.views[v].embedding) view.unit = losses::unit_rows(view.embedding);
    if (wants.views[v].branches) view.unit_branches = losses::unit_rows(view.branches);
  }
  for (size_t k = 0; k < wants.texts.size(); ++k) {
    losses::TextFeatures& text = features.texts.at(k);
    if (wants.texts[k].embedding) text.unit = losses::unit_rows(text.embedding);
  }
  if (wants.rewrites) {
    for (losses::TextFeatures& text : features.rewrites)
      text.unit = losses::unit_rows(text.embedding);
  }
  return features;
}

int64_t count_masked(const StepInput& input) {
  int64_t count = 0;
  for (const std::vector<int32_t>& targets : input.targets)
    count += std::count_if(targets.begin(), targets.end(), [](int32_t id) { return id >= 0; });
  return count;
}

}  // namespace clipwright::train::loop
