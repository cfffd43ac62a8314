#include "train/options/resolved_options.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::train::options {
namespace {

constexpr const char* kAllTexts = "all";

losses::ObjectiveConfig with_terms(losses::ObjectiveConfig config, const TrainOptions& options) {
  config.multi_text_constant = options.multi_text_constant;
  for (const auto& [name, weight] : options.terms) {
    const auto known =
        std::find_if(config.weights.begin(), config.weights.end(),
                     [&, &wanted = name](const auto& entry) { return entry.first == wanted; });
    if (known == config.weights.end()) {
      config.weights.emplace_back(name, weight);
    } else {
      known->second = weight;
    }
  }
  return config;
}

bool reads_all_texts(const losses::ObjectiveConfig& config) {
  return losses::Objective(config).needs().all_texts;
}

std::string resolve_policy(const TrainOptions& options, const losses::ObjectiveConfig& config) {
  const bool all_texts = reads_all_texts(config);
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
  resolved.config = with_terms(losses::find_preset(options.objective), options);
  resolved.caption_policy = resolve_policy(options, resolved.config);
  resolved.decay_rule = !options.decay_rule.empty()                 ? options.decay_rule
                        : options.objective.rfind("laclip", 0) == 0 ? "laclip"
                                                                    : "open_clip";
  if (!options.rewrites.empty()) check_texts(resolved, static_cast<int>(options.rewrites.size()));
  return resolved;
}

void check_texts(const ResolvedObjective& objective, int rewrites) {
  const std::string& policy = objective.caption_policy;
  if (rewrites == 0 && policy != "original") {
    fail_usage("the caption policy '" + policy + "' of objective " + objective.config.preset +
                   " chooses among rewrites, and there are none",
               "--rewrites FILE...",
               "Or train on the originals alone with --caption-policy original.");
  }
  if (rewrites > 0 && policy != kAllTexts && reads_all_texts(objective.config)) {
    fail_usage("--caption-policy " + policy +
                   " brings one text of a pair, and a term of the objective reads all of them",
               "--caption-policy all, or none",
               "To train on the originals alone leave --rewrites out.");
  }
}

TrainOptions filled_in(const TrainOptions& options, const ResolvedOptions& resolved) {
  TrainOptions filled = options;
  filled.terms = resolved.objective.config.weights;
  filled.caption_policy = resolved.objective.caption_policy;
  filled.decay_rule = resolved.objective.decay_rule;
  filled.augment = resolved.augment;
  if (options.warmup == "auto") filled.warmup = std::to_string(resolved.warmup_steps);
  filled.logs = resolved.logs;
  filled.name = resolved.name;
  return filled;
}

}  // namespace clipwright::train::options
