// A rewriting job: every distinct caption under every mode, through a ledger,
// however often it is interrupted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "records/caption_source.h"
#include "rewrite/engine/engine.h"
#include "rewrite/job/job_summary.h"
#include "rewrite/ledger/ledger.h"
#include "rewrite/prompt/example_pack.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::job {

/// Scores of an accepted text for the outputs, e.g. {"audit": 0.8, "flags":
/// []}.
using Scorer = std::function<Json(std::string_view source, std::string_view text)>;

struct RewriteOptions {
  std::vector<prompt::ExamplePack> packs;  ///< one a mode
  prompt::PromptLayout layout = prompt::PromptLayout::kClean;
  /// Distinct example triples a mode. What captions with the same triple share
  /// is computed once, and computing it costs about as much as five rewrites:
  /// with few captions many triples cost more than they add in variety. 0: any
  /// of all ordered triples.
  int triples = 32;
  language::Sampling sampling;
  uint64_t seed = 0;
  int attempts = 3;   ///< tries for a caption whose reply is rejected, each with
                      ///< a fresh seed
  int64_t limit = 0;  ///< only the first captions; 0: all
  /// Equal captions get a text each; without it they are one rewrite, which all
  /// of them get.
  bool keep_duplicates = false;
  /// What this run may spend: prompt and new tokens, seconds; 0: without limit.
  /// Nothing is handed out beyond it, what is being written then is finished.
  int64_t budget_tokens = 0;
  double budget_seconds = 0;
  std::string ledger = "sqlite:rewrites.db";
  ledger::LedgerOptions ledger_options;
  std::filesystem::path output;   ///< folder for <mode>.txt and rewrites.jsonl
                                  ///< (docs/formats/rewrites.md); empty: none
  std::filesystem::path records;  ///< file for the accepted texts as `--engine
                                  ///< replay` reads them; empty: none
  std::filesystem::path parquet;  ///< file for the records of rewrites.jsonl as columns; empty:
                                  ///< none
  Scorer scorer;                  ///< optional
  int64_t sample = 200;           ///< of a forecast: rewrites made to find out
  double price_in = 0,
         price_out = 0;  ///< of a forecast: of a million tokens, in any currency
};

/// Throws Error(kUsage) for options that cannot be.
void check_options(const RewriteOptions& options);

/// Rewrites what the ledger lacks, then writes the outputs (not when
/// interrupted: run again to go on; after a spent budget with what is there).
/// Several workers may share a ledger: each caption is given to one of them,
/// and each waits for the others' last ones. A caption that occurs twice is
/// rewritten once. Throws Error(kInput) when more than 5 % of the captions are
/// not UTF-8 or none is usable, Error(kUsage) for impossible options,
/// Error(kFailed) when disk, server or engine give up; whatever was committed
/// stays, and the outputs are written with it when there is any.
RewriteSummary rewrite_captions(const records::CaptionSource& captions,
                                const RewriteOptions& options, engine::Engine& engine);

}  // namespace clipwright::rewrite::job
