// Which rewrites a job still has to make, in the order that computes each
// prompt's beginning once.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rewrite/job/job.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {

struct PlannedMode {
  ledger::RewriteRecipe recipe;
  ledger::LedgerTask task;
  /// Captions by index, sorted by example triple and then by index: four bytes
  /// a rewrite.
  std::vector<uint32_t> todo;
};

/// A caption that occurred before and is to get a text of its own.
struct LaterOccurrence {
  uint32_t caption;
  uint32_t number;  ///< from 1
};

struct JobPlan {
  RewriteSummary summary;  ///< counts known before any work
  std::vector<PlannedMode> modes;
  std::vector<LaterOccurrence> later;  ///< ascending by caption; empty unless duplicates are kept

  int64_t occurrence(int64_t caption) const;
  /// Under what a caption's rows stand in the ledger.
  Sha256 key(int64_t caption, std::string_view text) const {
    return ledger::source_key(text, occurrence(caption));
  }
  int64_t left() const;  ///< rewrites to make
};

/// The packs of the modes that a job runs: those of the options, or one without
/// examples, named after an engine that needs none.
std::vector<prompt::ExamplePack> job_packs(const RewriteOptions& options,
                                           const engine::Engine& engine);

/// A caption that can be rewritten: UTF-8 with a letter, digit or sign in it.
bool usable_caption(std::string_view text);

/// Plans a job over the modes of `options.packs`. `ledger` may be null: nothing
/// is done yet. Needs 28 bytes a caption while it plans, and keeps four bytes a
/// rewrite. Throws Error(kInput) as rewrite_captions does.
JobPlan plan_job(const records::CaptionSource& captions, const RewriteOptions& options,
                 const engine::Engine& engine, ledger::Ledger* ledger);

}  // namespace clipwright::rewrite::job
