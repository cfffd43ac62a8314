#include "train/loop/frozen.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"

namespace clipwright::train::loop {
namespace {

bool starts_with_any(std::string_view name, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return name.substr(0, prefix.size()) == prefix;
  });
}

/// Freezes every parameter whose name in files begins so. Returns how many there are.
int64_t freeze(models::Clip& model, const std::vector<std::string_view>& prefixes) {
  std::vector<std::string> names;
  for (const tensor::TableEntry& entry : model.table().entries()) {
    if (entry.trainable() && starts_with_any(entry.name, prefixes)) names.push_back(entry.name);
  }
  for (const std::string& name : names) model.freeze(name);
  return static_cast<int64_t>(names.size());
}

struct Part {
  bool trained;
  const char* what;
  std::vector<std::string_view> prefixes;  ///< of its names, in each architecture's dialect
};

}  // namespace

void freeze_untrained(models::Clip& model, const losses::Objective& objective) {
  const losses::Wants& wants = objective.wants();
  const auto any_view = [&](bool losses::ImageWants::*want) {
    return std::any_of(wants.views.begin(), wants.views.end(),
                       [&](const losses::ImageWants& view) { return view.*want; });
  };
  const bool embedding = any_view(&losses::ImageWants::embedding) ||
                         any_view(&losses::ImageWants::branches),
             pooled = embedding || any_view(&losses::ImageWants::pooled),
             picture = pooled || any_view(&losses::ImageWants::patches);
  const bool text_embedding = wants.any_text_embedding(),
             text = text_embedding ||
                    std::any_of(wants.texts.begin(), wants.texts.end(),
                                [](const losses::TextWants&slot) { return slot.tokens; });
  const std::vector<Part> parts = {
      {!objective.config().freeze_patch_embedding || !model.config().vision.resnet_layers.empty(),
       "the patch embedding",
       {"visual.conv1.", "visual.trunk.patch_embed."}},
      {picture, "the image tower", {"visual."}},
      {pooled, "the image tower's last norm", {"visual.ln_post.", "visual.trunk.norm."}},
      {embedding,
       "the image projection",
       {"visual.proj", "visual.head.", "visual.attnpool.c_proj."}},
      {text,
       "the text tower",
       {"positional_embedding", "transformer.", "token_embedding.", "ln_final.",
        "text.transformer."}},
      {text_embedding, "the text projection", {"text_projection", "text.proj."}},
      {wants.scale, "the logit scale", {"logit_scale"}},
  };
  std::string list;
  for (const Part& part : parts) {
    if (!part.trained && freeze(model, part.prefixes) > 0)
      list += std::string(list.empty() ? "" : ", ") + part.what;
  }
  if (!list.empty()) log_info("not trained: " + list);
  if (!embedding || !text_embedding) {
    log_warning("this objective trains no global features" +
                std::string(embedding || text_embedding ? " of one side" : "") +
                ": retrieval, `embed` and zero-shot by them would read a projection that is as it "
                "was drawn; after FILIP compare patches with words (eval zeroshot --tokens)");
  }
}

}  // namespace clipwright::train::loop
