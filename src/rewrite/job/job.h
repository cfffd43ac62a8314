// A rewriting job: every distinct caption under every mode, through a ledger,
// however often it is interrupted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "records/caption_source.h"
#include "rewrite/engine/engine.h"
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

/// Counts of one mode.
struct ModeSummary {
  int64_t wanted = 0;                       ///< distinct captions
  int64_t already_done = 0;                 ///< accepted before this run
  int64_t given_up_before = 0;              ///< out of attempts before this run
  int64_t elsewhere = 0;                    ///< finished by other workers during this run
  int64_t accepted = 0;                     ///< in this run
  int64_t given_up = 0;                     ///< in this run: every attempt rejected
  int64_t missing = 0;                      ///< the engine had no text (replay)
  int64_t failed = 0;                       ///< the engine could not answer
  std::map<std::string, int64_t> outcomes;  ///< attempts of this run by status
  int64_t left() const {
    return wanted - already_done - given_up_before - elsewhere - accepted - given_up - missing -
           failed;
  }
};

struct RewriteSummary {
  int64_t captions = 0, distinct = 0;
  int64_t empty = 0, not_utf8 = 0;  ///< captions that cannot be rewritten
  std::vector<std::pair<std::string, ModeSummary>> modes;
  int64_t prompts = 0;  ///< distinct prompt beginnings among the work to do
  int64_t tokens_in = 0, tokens_out = 0;
  int64_t shortened = 0;    ///< captions too long for a prompt, cut at a word
  double plan_seconds = 0;  ///< to find out what was done before
  double seconds = 0;       ///< spent in the engine
  bool interrupted = false;
  std::string budget;  ///< what ended the run before its end, in words; empty:
                       ///< nothing did
  int64_t accepted() const;
  int64_t left() const;
  Json to_json() const;
};

/// A few lines for people.
std::string describe(const RewriteSummary& summary);

/// Throws Error(kUsage) for options that cannot be.
void check_options(const RewriteOptions& options);

/// Rewrites what the ledger lacks, then writes the outputs (not when
/// interrupted: run again to go on; after a spent budget with what is there).
/// Several workers may share a ledger: each caption is given to one of them,
/// and each waits for the others' last ones. A caption that occurs twice is
/// rewritten once. Throws Error(kInput) when more than 5 % of the captions are
/// not UTF-8 or none is usable, Error(kUsage) for impossible options,
/// Error(kFailed) when disk, server or engine give up; whatever was committed
/// stays.
RewriteSummary rewrite_captions(const records::CaptionSource& captions,
                                const RewriteOptions& options, engine::Engine& engine);

/// A guess and the half width of its 90 % interval.
struct Estimate {
  double value = 0, margin = 0;
};

/// What a job would take, without touching the ledger.
struct RewriteForecast {
  RewriteSummary plan;
  int64_t rewrites = 0;         ///< still to make
  int64_t sample = 0;           ///< rewrites made to find out
  double accepted = 0;          ///< share of the sample
  Estimate tokens_out;          ///< in all
  Estimate tokens_in;           ///< prompt tokens to compute when each shared beginning
                                ///< is computed once
  Estimate tokens_in_unshared;  ///< and when it is computed for each caption, as
                                ///< most servers bill
  Estimate seconds;             ///< at the speed of the sample; the interval is of 95 %
  double price_in = 0, price_out = 0;
  Estimate cost;  ///< of the unshared prompts and the new tokens
  Json to_json() const;
};
std::string describe(const RewriteForecast& forecast);
RewriteForecast forecast_rewrite(const records::CaptionSource& captions,
                                 const RewriteOptions& options, engine::Engine& engine);

}  // namespace clipwright::rewrite::job
