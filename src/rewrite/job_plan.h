// Which rewrites a job still has to make, in the order that computes each prompt's beginning once.
#pragma once

#include <cstdint>
#include <vector>

#include "rewrite/job.h"
#include "rewrite/ledger.h"
#include "rewrite/recipe.h"

namespace clipwright {

struct PlannedRewrite {
  uint64_t examples;  ///< key of the example triple; equal keys share their prompt's beginning
  int64_t caption;    ///< index of the first caption with this text
  int attempt;
};

struct PlannedMode {
  RewriteRecipe recipe;
  std::vector<PlannedRewrite> todo;  ///< sorted by example triple
};

struct JobPlan {
  RewriteSummary summary;  ///< counts known before any work
  std::vector<PlannedMode> modes;
};

/// A caption that can be rewritten: UTF-8 with a letter, digit or sign in it.
bool usable_caption(std::string_view text);

/// Plans a job. `ledger` may be null: nothing is done yet. Throws Error(kInput) as rewrite_captions
/// does.
JobPlan plan_job(const CaptionSource& captions, const RewriteOptions& options, const Engine& engine,
                 Ledger* ledger);

}  // namespace clipwright
