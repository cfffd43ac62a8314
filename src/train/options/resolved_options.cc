#include "train/options/resolved_options.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "data/transform/view_recipe.h"
#include "losses/presets.h"
#include "models/tuning/adapters.h"
#include "train/options/image_recipe.h"

namespace clipwright::train::options {
namespace {

constexpr const char *kAllTexts = "all", *kCaptionSlot = "caption", *kMultiText = "multi-text";

/// --multi-text-constant.
bool has_own_flag(const std::string& term, const std::string& option) {
  return term == kMultiText && option == "constant";
}

losses::TermConfig& term_of(losses::ObjectiveConfig& config, const std::string& name) {
  for (losses::TermConfig& term : config.terms) {
    if (term.name == name) return term;
  }
  fail_usage("--term-option sets something of term " + name + ", and the objective has none",
             "a term of objective " + config.preset + " or of --term",
             "Add --term " + name + "=1.");
}

/// One thing has one value: of two the later would win without a word.
void check_given_once(std::set<std::string>& given, const std::string& flag,
                      const std::string& name) {
  if (!given.insert(name).second) fail_usage(flag + " sets " + name + " twice", "one value");
}

losses::ObjectiveConfig with_options(losses::ObjectiveConfig config, const TrainOptions& options) {
  std::set<std::string> given;
  for (const auto& [name, weight] : options.terms) {
    losses::find_term(name);
    check_given_once(given, "--term", name);
    const auto known = std::find_if(
        config.terms.begin(), config.terms.end(),
        [&, &wanted = name](const losses::TermConfig& term) { return term.name == wanted; });
    if (known == config.terms.end()) {
      config.terms.push_back({name, weight});
    } else {
      known->weight = weight;
    }
  }
  std::erase_if(config.terms, [](const losses::TermConfig& term) { return term.weight == 0; });
  for (losses::TermConfig& term : config.terms) {
    if (term.name == kMultiText) term.options["constant"] = options.multi_text_constant;
  }
  for (const std::string& text : options.term_options) {
    const TermOptionText set = parse_term_option(text);
    losses::find_term(set.term);
    check_given_once(given, "--term-option", set.term + "." + set.option);
    term_of(config, set.term).options[set.option] = set.value;
  }
  if (!options.views.empty()) config.views = options.views;
  if (!options.texts.empty()) config.texts = options.texts;
  const auto set = [](double given, double& scale) {
    if (given > 0) scale = given;
  };
  set(options.logit_scale_start, config.scale.start);
  set(options.logit_scale_min, config.scale.lowest);
  set(options.logit_scale_max, config.scale.highest);
  if (config.scale.lowest > config.scale.highest) {
    fail_usage("the scale's lowest value, " + Json(config.scale.lowest).dump() +
                   ", is above its highest, " + Json(config.scale.highest).dump(),
               "--logit-scale-min of at most --logit-scale-max");
  }
  if (options.freeze_patch_embedding != "auto")
    config.freeze_patch_embedding = options.freeze_patch_embedding == "on";
  return config;
}

void check_views(const losses::ObjectiveConfig& config) {
  std::vector<std::string> known = data::transform::view_recipe_names();
  known.insert(known.begin(), kBaseView);
  for (const std::string& view : config.views) {
    if (std::find(known.begin(), known.end(), view) != known.end()) continue;
    const std::string near = nearest(view, known);
    fail_usage("--views names '" + view + "', which is no recipe of a view", listed(known, " or "),
               near.empty() ? "" : "Did you mean '" + near + "'?");
  }
}

/// The words of --texts: those of the data and `caption`, which the caption policy makes one of.
void check_source(const std::string& text, const std::string& source) {
  static const std::vector<std::string> kWords = {kCaptionSlot, "original", "eda",
                                                  "sentence",   "rewrite",  "uniform"};
  const bool mode = source.starts_with("rewrite:") && source != "rewrite:";
  if (mode || std::find(kWords.begin(), kWords.end(), source) != kWords.end()) return;
  const std::string near = nearest(source, kWords);
  fail_usage("--texts names '" + text + "', which is no text",
             "caption, original, eda, sentence, rewrite or rewrite:MODE, with or without +masked "
             "and +both-sides behind it",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

/// Whether a slot needs rewrites to be what it says.
bool asks_for_rewrites(const data::captions::TextSlot& slot) {
  return slot.source == data::captions::TextSource::kUniform ||
         slot.source == data::captions::TextSource::kRewrite;
}

std::string resolve_policy(const TrainOptions& options, const losses::ObjectiveConfig& config) {
  const bool all_texts = losses::reads_rewrites(config);
  const bool chosen = !options.caption_policy.empty();
  const std::string& policy = chosen ? options.caption_policy : config.caption_policy;
  if (!all_texts && policy == kAllTexts) {
    fail_usage((chosen ? std::string("--caption-policy all") : "objective " + config.preset) +
                   " brings every text of a pair, and no term reads more than one of them",
               "--caption-policy original or uniform, or a term that reads all texts, such as "
               "multi-text");
  }
  if (!all_texts || policy == kAllTexts) return policy;
  if (chosen) {
    if (policy == "uniform") {
      fail_usage(
          "--caption-policy uniform brings one text of a pair, and a term of the objective "
          "reads all of them",
          "--caption-policy all, or none");
    }
    return policy;  // the original alone is all there is where no rewrites are given
  }
  log_info("a term reads all texts of a pair, so the caption policy is all instead of objective " +
           config.preset + "'s " + policy);
  return kAllTexts;
}

}  // namespace

ResolvedObjective resolve_objective(const TrainOptions& options) {
  ResolvedObjective resolved;
  resolved.config = with_options(losses::find_preset(options.objective), options);
  check_views(resolved.config);
  text_slots(resolved);  // a slot that does not exist is told before what it lacks
  losses::check_objective(resolved.config);
  resolved.caption_policy = resolve_policy(options, resolved.config);
  resolved.decay_rule =
      options.decay_rule.empty() ? resolved.config.decay_rule : options.decay_rule;
  if (!options.rewrites.empty()) check_texts(resolved, static_cast<int>(options.rewrites.size()));
  return resolved;
}

std::vector<data::captions::TextSlot> text_slots(const ResolvedObjective& objective) {
  std::vector<data::captions::TextSlot> slots;
  for (const std::string& text : objective.config.texts) {
    const losses::SlotName name = losses::parse_slot(text);
    std::string source = name.source;
    check_source(text, source);
    if (source == kCaptionSlot)
      source = objective.caption_policy == "uniform" ? "uniform" : "original";
    slots.push_back(data::captions::parse_text_slot(source));
    slots.back().masked = name.masked;
  }
  return slots;
}

void check_texts(const ResolvedObjective& objective, int rewrites) {
  const std::string& policy = objective.caption_policy;
  if (rewrites == 0 && policy != "original") {
    fail_usage("the caption policy '" + policy + "' of objective " + objective.config.preset +
                   " chooses among rewrites, and there are none",
               "--rewrites FILE...",
               "Or train on the originals alone with --caption-policy original.");
  }
  const std::vector<data::captions::TextSlot> slots = text_slots(objective);
  if (rewrites == 0 && std::any_of(slots.begin(), slots.end(), asks_for_rewrites)) {
    fail_usage("objective " + objective.config.preset +
                   " reads a rewrite of each pair, and there are none",
               "--rewrites FILE...", "Or train without that text: --texts says which there are.");
  }
  if (rewrites > 0 && policy != kAllTexts && losses::reads_rewrites(objective.config)) {
    fail_usage("--caption-policy " + policy +
                   " brings one text of a pair, and a term of the objective reads all of them",
               "--caption-policy all, or none",
               "To train on the originals alone leave --rewrites out.");
  }
}

void check_class_tokens(const losses::Objective& objective, int rewrites) {
  for (const losses::Objective::Part& part : objective.parts()) {
    const size_t count = 1 + part.term->class_tokens().size(),
                 texts = 1 + static_cast<size_t>(rewrites);
    if (count <= texts) continue;
    fail_usage("term " + part.name + " gives a picture " + std::to_string(count) +
                   " class tokens, and a pair has " + std::to_string(texts) +
                   (texts == 1 ? " text" : " texts") + " to match them with",
               part.name + ".class-tokens=" + std::to_string(texts) + " or less, or more rewrites");
  }
}

bool uses_rewrites(const ResolvedObjective& objective) {
  const std::vector<data::captions::TextSlot> slots = text_slots(objective);
  return objective.caption_policy == kAllTexts ||
         std::any_of(slots.begin(), slots.end(), asks_for_rewrites);
}

TrainOptions filled_in(const TrainOptions& options, const ResolvedOptions& resolved) {
  TrainOptions filled = options;
  const losses::ObjectiveConfig& config = resolved.objective.config;
  filled.terms.clear();
  filled.term_options.clear();
  for (const losses::TermConfig& term : config.terms) {
    filled.terms.emplace_back(term.name, term.weight);
    const losses::TermKind& kind = losses::find_term(term.name);
    const losses::TermOptions all(kind.name, kind.options, term.options);
    for (const auto& [option, value] : all.values()) {
      if (!has_own_flag(term.name, option))
        filled.term_options.push_back(term.name + "." + option + "=" + value);
    }
  }
  // Two names of one thing are one.
  if (filled.precision == "bf16") filled.precision = "amp_bf16";
  filled.views = config.views;
  filled.texts = config.texts;
  filled.logit_scale_start = config.scale.start;
  filled.logit_scale_min = config.scale.lowest;
  filled.logit_scale_max = config.scale.highest;
  filled.freeze_patch_embedding = config.freeze_patch_embedding ? "on" : "off";
  if (filled.lora_rank > 0) {
    if (filled.lora_alpha == 0) filled.lora_alpha = 2 * static_cast<double>(filled.lora_rank);
    if (filled.lora_targets.empty()) filled.lora_targets = models::tuning::adapter_targets();
  }
  filled.caption_policy = resolved.objective.caption_policy;
  filled.decay_rule = resolved.objective.decay_rule;
  filled.augment = resolved.augment;
  if (options.warmup == "auto") filled.warmup = std::to_string(resolved.warmup_steps);
  filled.logs = resolved.logs;
  filled.name = resolved.name;
  return filled;
}

}  // namespace clipwright::train::options
