#include "losses/objective.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "losses/drawing.h"
#include "models/initialization.h"

namespace clipwright::losses {
namespace {

constexpr double kTokenDeviation = 0.02;  // as the text tower's own embeddings are drawn

std::string count_of(int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::vector<bool> masked_slots(const ObjectiveConfig& config) {
  std::vector<bool> masked;
  for (const std::string& text : config.texts) masked.push_back(parse_slot(text).masked);
  return masked;
}

/// The terms that count, with their kinds and options.
struct ChosenTerm {
  const TermConfig* config;
  const TermKind* kind;
  TermOptions options;
};

void check_term(const ObjectiveConfig& config, const TermKind& kind) {
  const std::string who = "term " + kind.name, objective = config.preset.empty()
                                                               ? "the objective"
                                                               : "objective " + config.preset;
  const auto views = static_cast<int64_t>(config.views.size()),
             texts = static_cast<int64_t>(config.texts.size());
  if (views < kind.views) {
    fail_usage(who + " compares " + count_of(kind.views, "view") + " of a picture, and " +
                   objective + " brings " + std::to_string(views),
               "--views with as many recipes, such as --views mocov2,mocov2");
  }
  if (texts < kind.texts) {
    fail_usage(who + " reads " + count_of(kind.texts, "text") + " of a pair, and " + objective +
                   " brings " + std::to_string(texts),
               "--texts with as many, such as --texts caption,eda");
  }
  const std::vector<bool> masked = masked_slots(config);
  if (kind.needs_mask && std::find(masked.begin(), masked.end(), true) == masked.end()) {
    fail_usage(who + " guesses hidden words, and " + objective + " hides none",
               "a masked text, such as --texts caption,caption+masked");
  }
}

std::vector<ChosenTerm> choose_terms(const ObjectiveConfig& config) {
  std::vector<ChosenTerm> chosen;
  for (const TermConfig& term : config.terms) {
    const TermKind& kind = find_term(term.name);
    TermOptions options(kind.name, kind.options, term.options);
    if (!(term.weight >= 0) || !std::isfinite(term.weight)) {
      fail_usage("term '" + term.name + "' has the weight " + std::to_string(term.weight),
                 "a weight of 0 or more");
    }
    if (term.weight == 0) continue;
    check_term(config, kind);
    chosen.push_back({&term, &kind, std::move(options)});
  }
  if (chosen.empty())
    fail_usage("an objective without terms", "at least one term with a weight above 0");
  return chosen;
}

/// A view or a text that no term reads would be made for nothing.
void refuse_unread(const ObjectiveConfig& config, const Wants& wants) {
  for (size_t v = 0; v < config.views.size(); ++v) {
    const ImageWants& view = wants.views[v];
    if (v > 0 && !view.embedding && !view.pooled && !view.patches && !view.branches) {
      fail_usage("no term reads view " + std::to_string(v) + " (" + config.views[v] + ")",
                 "a term that compares views, or --views without it");
    }
  }
  for (size_t k = 0; k < config.texts.size(); ++k) {
    if (k > 0 && !wants.texts[k].embedding && !wants.texts[k].tokens) {
      fail_usage("no term reads text " + std::to_string(k) + " (" + config.texts[k] + ")",
                 "a term that reads several texts, or --texts without it");
    }
  }
}

/// Rows of padding are causal ones: from both sides the text itself would see them.
void refuse_padding_on_both_sides(const ObjectiveConfig& config, const Wants& wants) {
  for (size_t k = 0; k < config.texts.size(); ++k) {
    if (!wants.texts[k].padding || !parse_slot(config.texts[k]).both_sides) continue;
    fail_usage("a term reads the padding behind text " + std::to_string(k) + " (" +
                   config.texts[k] + "), whose words would see it from both sides",
               "a text without +both-sides, or filip.padding=off");
  }
}

/// A pre-trained text tower has embeddings alone: no rows of tokens, no row for a hidden word.
void require_embeddings(const ObjectiveConfig& config, const Wants& wants,
                        const std::string& tower) {
  for (size_t k = 0; k < config.texts.size(); ++k) {
    const SlotName slot = parse_slot(config.texts[k]);
    const std::string what = slot.masked             ? "hides words of it"
                             : slot.both_sides       ? "reads it from both sides"
                             : wants.texts[k].tokens ? "reads every token of it"
                                                     : "";
    if (what.empty()) continue;
    fail_usage("text " + std::to_string(k) + " (" + config.texts[k] + "): the objective " + what +
                   ", and the text tower " + tower + " gives embeddings of whole texts alone",
               "an objective that compares embeddings, such as clip, slip or laclip",
               "Or train with the model's own text tower, without --text-model.");
  }
}

/// What a tower lacks for a term.
void check_tower(const ChosenTerm& chosen, const TowerWidths& widths, const std::string& model) {
  const TermKind& kind = *chosen.kind;
  if (kind.reads_patches && widths.image_patches == 0) {
    fail_usage("term " + kind.name + " compares words with patches, and " + model +
                   "'s image tower is a ResNet, which has none",
               "a vision transformer, such as ViT-B-32");
  }
  const int64_t class_tokens = kind.class_tokens ? kind.class_tokens(chosen.options) : 1;
  if (class_tokens > 1 && widths.class_token.empty()) {
    fail_usage("term " + kind.name + " gives a picture " + std::to_string(class_tokens) +
                   " class tokens, and " + model + "'s image tower " +
                   (widths.image_patches == 0 ? "is a ResNet, which has none"
                                              : "averages patches and reads none"),
               "a vision transformer, such as ViT-B-32, or " + kind.name + ".class-tokens=1");
  }
}

}  // namespace

SlotName parse_slot(const std::string& text) {
  SlotName slot;
  size_t begin = text.find('+');
  slot.source = text.substr(0, begin);
  while (begin != std::string::npos) {
    const size_t end = text.find('+', begin + 1);
    const std::string suffix =
        text.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    if ((suffix == "masked" && slot.masked) || (suffix == "both-sides" && slot.both_sides))
      fail_usage("the text slot '" + text + "' says +" + suffix + " twice", "it once");
    if (suffix == "masked") {
      slot.masked = true;
    } else if (suffix == "both-sides") {
      slot.both_sides = true;
    } else {
      const std::string near = nearest(suffix, {"masked", "both-sides"});
      fail_usage("the text slot '" + text + "' ends in '+" + suffix + "'", "+masked or +both-sides",
                 near.empty() ? "" : "Did you mean '+" + near + "'?");
    }
    begin = end;
  }
  return slot;
}

void check_objective(const ObjectiveConfig& config) { choose_terms(config); }

bool reads_rewrites(const ObjectiveConfig& config) {
  const std::vector<ChosenTerm> chosen = choose_terms(config);
  return std::any_of(chosen.begin(), chosen.end(),
                     [](const ChosenTerm& term) { return term.kind->reads_rewrites; });
}

TowerWidths widths_of(const models::ModelConfig& config) {
  const models::VisionConfig& vision = config.vision;
  const bool resnet = !vision.resnet_layers.empty();
  // A ResNet's last stage has eight times the channels of its first, each block four times its own.
  const int64_t pooled =
      resnet ? (int64_t{vision.width} << (vision.resnet_layers.size() - 1)) * 4 : vision.width;
  // timm's files hold it as a sequence of one in a batch of one.
  std::vector<int64_t> class_token = {vision.width};
  if (vision.timm_names) class_token = {1, 1, vision.width};
  if (resnet || vision.mean_pooling) class_token.clear();
  return {.embedding = config.embed_dim,
          .image_pooled = pooled,
          .image_patches = resnet ? 0 : vision.width,
          .class_token = class_token,
          .class_token_deviation = resnet ? 0 : models::class_token_deviation(vision),
          .text_tokens = config.text.width,
          .vocabulary = config.text.words()};
}

Objective::Objective(const ObjectiveConfig& config, const models::ModelConfig& model, uint64_t seed)
    : config_(config) {
  const TowerWidths widths = widths_of(model);
  wants_.views.resize(config.views.size());
  wants_.texts.resize(config.texts.size());
  batch_wants_ = wants_;
  for (const ChosenTerm& chosen : choose_terms(config)) {
    const TermKind& kind = *chosen.kind;
    check_tower(chosen, widths, model.name);
    const std::shared_ptr<Term> term =
        kind.make({.options = chosen.options,
                   .widths = widths,
                   .seed = seed,
                   .views = static_cast<int64_t>(config.views.size()),
                   .masked = masked_slots(config)});
    wants_.join(term->wants());
    batch_wants_.join(term->batch_wants());
    std::string module = kind.name;
    std::replace(module.begin(), module.end(), '-', '_');
    register_module(module, term);
    parts_.push_back({kind.name, chosen.config->weight, term});
  }
  if (model.text.pretrained) require_embeddings(config, wants_, model.text.pretrained->name);
  refuse_unread(config, wants_);
  refuse_padding_on_both_sides(config, wants_);
  const std::vector<bool> masked = masked_slots(config);
  if (std::find(masked.begin(), masked.end(), true) != masked.end() &&
      !model.text.declip_numbering) {
    mask_token_ = register_parameter(
        "mask_token", drawn_normal({widths.text_tokens}, kTokenDeviation, seed, "mask_token"));
  }
  for (const Part& part : parts_) table_.append(part.term->table(), part.name + ".");
  if (mask_token_.defined()) table_.add("mask_token", mask_token_);
}

Tensor Objective::class_tokens() const {
  std::vector<Tensor> rows;
  for (const Part& part : parts_) {
    for (const Tensor& row : part.term->class_tokens()) rows.push_back(row);
  }
  return rows.empty() ? Tensor() : at::stack(rows);
}

Tensor Objective::scale(const Tensor& log_scale) const {
  if (config_.scale.cap == 0) return log_scale.exp();
  // The cap changes the number and not its gradient: a scale that was capped could never leave the
  // cap again.
  const Tensor over = (log_scale - log_scale.clamp_max(std::log(config_.scale.cap))).detach();
  return (log_scale - over).exp();
}

void Objective::clamp(Tensor& log_scale) const {
  const torch::NoGradGuard no_grad;
  log_scale.clamp_(std::log(config_.scale.lowest), std::log(config_.scale.highest));
}

void Objective::after_update() {
  const torch::NoGradGuard no_grad;
  for (const Part& part : parts_) part.term->after_update();
}

}  // namespace clipwright::losses
