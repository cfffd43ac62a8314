#include "train/options/resolved_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "losses/presets.h"

namespace clipwright::train::options {
namespace {

/// What happens to a run: the policy that its loader follows, or the sentence of a usage error.
std::string outcome(const TrainOptions& options, int rewrites) {
  try {
    const ResolvedObjective resolved = resolve_objective(options);
    check_texts(resolved, rewrites);
    return resolved.caption_policy;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
}

/// Every preset with every term added, taken away or left, under every policy.
TEST(ResolvedOptions, WhatTermsReadDecidesWhatTheLoaderBrings) {
  int trained = 0, refused = 0;
  for (const std::string& preset : losses::preset_names()) {
    for (const std::string& term : losses::term_names()) {
      for (const double weight : {0.0, 1.0}) {
        for (const std::string policy : {"", "original", "uniform", "all"}) {
          for (const int rewrites : {0, 2}) {
            TrainOptions options;
            options.objective = preset;
            options.terms = {{term, weight}};
            options.caption_policy = policy;
            if (rewrites > 0) options.rewrites = {"a.txt", "b.txt"};
            losses::ObjectiveConfig config = losses::find_preset(preset);
            bool any = false, all_texts = false, replaced = false, served = true;
            for (losses::TermConfig& known : config.terms) {
              if (known.name == term) {
                known.weight = weight;
                replaced = true;
              }
            }
            if (!replaced) config.terms.push_back({term, weight});
            const bool rewrite_slot = std::find(config.texts.begin(), config.texts.end(),
                                                "rewrite") != config.texts.end();
            const bool masks = std::any_of(
                config.texts.begin(), config.texts.end(),
                [](const std::string& text) { return losses::parse_slot(text).masked; });
            for (const losses::TermConfig& known : config.terms) {
              const losses::TermKind& kind = losses::find_term(known.name);
              if (known.weight == 0) continue;
              any = true;
              all_texts = all_texts || kind.reads_rewrites;
              served = served && kind.views <= static_cast<int64_t>(config.views.size()) &&
                       kind.texts <= static_cast<int64_t>(config.texts.size()) &&
                       (masks || !kind.needs_mask);
            }
            const std::string got = outcome(options, rewrites);
            const std::string what = preset + " with " + term + "=" + std::to_string(weight) +
                                     ", policy '" + policy + "', rewrites " +
                                     std::to_string(rewrites) + ": " + got;
            const bool trains = got == "original" || got == "uniform" || got == "all";
            ++(trains ? trained : refused);
            if (!any || !served) {
              EXPECT_FALSE(trains) << what;
              continue;
            }
            if (trains) {
              // Nothing that a term reads is left out, nothing is read that was not asked for, and
              // the user's word stands.
              EXPECT_TRUE(rewrites > 0 || !rewrite_slot) << what;
              const int texts = got == "all" ? rewrites + 1 : 1;
              EXPECT_EQ(texts, all_texts ? rewrites + 1 : 1) << what;
              EXPECT_FALSE(got != "original" && rewrites == 0) << what;
              EXPECT_TRUE(policy.empty() || got == policy) << what;
              continue;
            }
            // Refused are only contradictions, and runs that need rewrites and have none.
            const bool needs_rewrites =
                rewrites == 0 &&
                (rewrite_slot || (policy != "original" && (policy != "" || all_texts ||
                                                           config.caption_policy != "original")));
            const bool contradiction =
                (policy != "" && (policy == "all") != all_texts) ||
                (policy == "" && config.caption_policy == "all" && !all_texts);
            EXPECT_TRUE(needs_rewrites || contradiction) << what;
            EXPECT_THAT(got, testing::HasSubstr("; expected ")) << what;
          }
        }
      }
    }
  }
  EXPECT_GT(trained, 20);
  EXPECT_GT(refused, 20);
}

TEST(ResolvedOptions, FilledInOptionsLeaveNothingOpenAndTheGivenOnesStay) {
  const TrainOptions given{.objective = "laclip", .terms = {{"contrastive", 0.5}}};
  const ResolvedObjective objective = resolve_objective(given);
  EXPECT_EQ(objective.decay_rule, "laclip");
  const TrainOptions filled = filled_in(given, {.objective = objective,
                                                .augment = "openai",
                                                .warmup_steps = 12,
                                                .logs = "there",
                                                .name = "run"});
  EXPECT_EQ(filled.caption_policy, "uniform");
  EXPECT_EQ(filled.decay_rule, "laclip");
  EXPECT_EQ(filled.augment, "openai");
  EXPECT_EQ(filled.warmup, "12");
  EXPECT_EQ(filled.logs, "there");
  EXPECT_EQ(filled.name, "run");
  EXPECT_EQ(filled.terms, given.terms);
  EXPECT_EQ(filled_in(filled, {.objective = resolve_objective(filled),
                               .augment = "openai",
                               .warmup_steps = 12,
                               .logs = "there",
                               .name = "run"})
                .warmup,
            "12");
}

TEST(ResolvedOptions, NamesOfViewsAndTextsAreThoseOfTheFlags) {
  const auto refusal = [](std::vector<std::string> views, std::vector<std::string> texts) {
    return outcome({.views = std::move(views), .texts = std::move(texts)}, 0);
  };
  EXPECT_THAT(refusal({"bsae"}, {}),
              testing::AllOf(testing::HasSubstr("--views names 'bsae'"),
                             testing::HasSubstr("expected base, mocov2, slip"),
                             testing::HasSubstr("Did you mean 'base'?")));
  EXPECT_THAT(refusal({}, {"captoin+masked"}),
              testing::AllOf(testing::HasSubstr("--texts names 'captoin+masked'"),
                             testing::HasSubstr("expected caption, original, eda"),
                             testing::HasSubstr("Did you mean 'caption'?")));
  EXPECT_THAT(refusal({}, {"rewrite:"}), testing::HasSubstr("--texts names 'rewrite:'"));
}

TEST(ResolvedOptions, OneThingHasOneValue) {
  TrainOptions options;
  options.terms = {{"contrastive", 1}, {"contrastive", 2}};
  EXPECT_THAT(outcome(options, 0), testing::HasSubstr("--term sets contrastive twice"));
  options = {.objective = "slip"};
  options.term_options = {"simclr.temperature=0.1", "simclr.width=8", "simclr.temperature=0.2"};
  EXPECT_THAT(outcome(options, 0),
              testing::HasSubstr("--term-option sets simclr.temperature twice"));
}

TEST(ResolvedOptions, KnowsWhetherRewritesAreUsed) {
  const auto used = [](const TrainOptions& options) {
    return uses_rewrites(resolve_objective(options));
  };
  for (const char* preset : {"laclip", "laclip-mt", "laslip", "lafilip", "ladeclip", "ladefilip"})
    EXPECT_TRUE(used({.objective = preset})) << preset;
  for (const char* preset : {"clip", "slip", "filip", "declip", "defilip", "siglip"})
    EXPECT_FALSE(used({.objective = preset})) << preset;
  EXPECT_FALSE(used({.caption_policy = "original", .objective = "laclip"}));
  EXPECT_TRUE(used({.objective = "clip", .texts = {"rewrite:chatgpt"}}));
}

TEST(ResolvedOptions, WrongNamesOfViewsAndTextsNameTheNearest) {
  const auto said = [](TrainOptions options) { return outcome(options, 0); };
  EXPECT_THAT(said({.texts = {"capton"}}), testing::HasSubstr("Did you mean 'caption'?"));
  EXPECT_THAT(said({.texts = {"capton"}}), testing::HasSubstr("+both-sides"));
  EXPECT_THAT(said({.views = {"bse"}}), testing::HasSubstr("Did you mean 'base'?"));
  EXPECT_THAT(said({.views = {"mocov3"}}), testing::HasSubstr("Did you mean 'mocov2'?"));
  EXPECT_THAT(said({.texts = {"caption+maskt"}}), testing::HasSubstr("'+masked'?"));
  EXPECT_THAT(said({.term_options = {"contrastive.x=1"}}), testing::HasSubstr("no option 'x'"));
  EXPECT_THAT(said({.term_options = {"simclr.width=1"}}), testing::HasSubstr("--term simclr=1"));
}

TEST(ResolvedOptions, ASettingThatIsTheDefaultIsNoOtherSetting) {
  TrainOptions plain{.objective = "declip"}, said = plain;
  said.term_options = {"nearest-text.top-k=1", "simsiam.width=1024"};
  const auto filled = [](const TrainOptions& options) {
    return filled_in(options, {.objective = resolve_objective(options)}).term_options;
  };
  EXPECT_EQ(filled(plain), filled(said));
  EXPECT_THAT(filled(plain), testing::Contains("masked-lm.weight=0").Times(0));
  EXPECT_THAT(filled(plain), testing::Contains("simsiam.hidden=512"));
}

TEST(ResolvedOptions, EveryClassTokenMeetsAText) {
  const ResolvedObjective resolved =
      resolve_objective({.objective = "laclip-mt", .term_options = {"multi-text.class-tokens=3"}});
  const losses::Objective objective(resolved.config, models::find_model_config("tiny-32"));
  EXPECT_NO_THROW(check_class_tokens(objective, 2));
  for (const auto& [rewrites, said] : {std::pair(1, "a pair has 2 texts"), {0, "has 1 text to"}}) {
    try {
      check_class_tokens(objective, rewrites);
      ADD_FAILURE() << rewrites;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(),
                  testing::AllOf(testing::HasSubstr("3 class tokens"), testing::HasSubstr(said)));
    }
  }
  const TrainOptions filled = filled_in({}, {.objective = resolved});
  EXPECT_EQ(filled.term_options, (std::vector<std::string>{"multi-text.class-tokens=3"}));
}

TEST(ResolvedOptions, TheScaleIsThePresetsUnlessItIsSet) {
  const TrainOptions declip{.objective = "declip"};
  const TrainOptions filled = filled_in(declip, {.objective = resolve_objective(declip)});
  EXPECT_NEAR(filled.logit_scale_min, std::exp(3), 1e-12);
  EXPECT_NEAR(filled.logit_scale_max, std::exp(6), 1e-9);
  TrainOptions set = declip;
  set.logit_scale_min = 5;
  EXPECT_EQ(resolve_objective(set).config.scale.lowest, 5);
  set.logit_scale_max = 4;
  EXPECT_THAT(outcome(set, 0), testing::HasSubstr("above its highest"));
}

}  // namespace
}  // namespace clipwright::train::options
