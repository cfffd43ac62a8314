// A rewriting job: every distinct caption under every mode, through a ledger, however often it is
// interrupted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "rewrite/caption_source.h"
#include "rewrite/engine.h"
#include "rewrite/example_pack.h"
#include "rewrite/prompt.h"

namespace clipwright {

/// Scores of an accepted text for the outputs, e.g. {"audit": 0.8, "flags": []}.
using Scorer = std::function<Json(std::string_view source, std::string_view text)>;

struct RewriteOptions {
  std::vector<ExamplePack> packs;  ///< one a mode
  PromptLayout layout = PromptLayout::kClean;
  /// Distinct example triples a mode. What captions with the same triple share is computed once,
  /// and computing it costs about as much as five rewrites: with few captions many triples cost
  /// more than they add in variety. 0: any of all ordered triples.
  int triples = 32;
  Sampling sampling;
  uint64_t seed = 0;
  int attempts = 3;   ///< tries for a caption whose reply is rejected, each with a fresh seed
  int64_t limit = 0;  ///< only the first captions; 0: all
  std::string ledger = "sqlite:rewrites.db";
  std::filesystem::path
      output;  ///< folder for <mode>.txt and rewrites.jsonl (docs/formats/rewrites.md); empty: none
  std::filesystem::path
      records;    ///< file for the accepted texts as `--engine replay` reads them; empty: none
  Scorer scorer;  ///< optional
};

/// Counts of one mode.
struct ModeSummary {
  int64_t wanted = 0;                       ///< distinct captions
  int64_t already_done = 0;                 ///< accepted, or out of attempts, before this run
  int64_t accepted = 0;                     ///< in this run
  int64_t given_up = 0;                     ///< in this run: every attempt rejected
  int64_t missing = 0;                      ///< the engine had no text (replay)
  int64_t failed = 0;                       ///< the engine could not answer
  std::map<std::string, int64_t> outcomes;  ///< attempts of this run by status
};

struct RewriteSummary {
  int64_t captions = 0, distinct = 0;
  int64_t empty = 0, not_utf8 = 0;  ///< captions that cannot be rewritten
  std::vector<std::pair<std::string, ModeSummary>> modes;
  int64_t prompts = 0;  ///< distinct prompt beginnings among the work to do
  int64_t tokens_out = 0;
  int64_t shortened = 0;  ///< captions too long for a prompt, cut at a word
  double seconds = 0;     ///< spent in the engine
  bool interrupted = false;
  int64_t accepted() const;
  Json to_json() const;
};

/// A few lines for people.
std::string describe(const RewriteSummary& summary);

/// Rewrites what the ledger lacks, then writes the outputs (not when interrupted: run again to go
/// on). A caption that occurs twice is rewritten once. Throws Error(kInput) when more than 5 % of
/// the captions are not UTF-8 or none is usable, Error(kUsage) for impossible options,
/// Error(kFailed) when disk or engine give up; whatever was committed stays.
RewriteSummary rewrite_captions(const CaptionSource& captions, const RewriteOptions& options,
                                Engine& engine);

/// What a job would take, without touching the ledger.
struct RewriteForecast {
  RewriteSummary plan;
  int64_t rewrites = 0;                          ///< still to make
  int64_t sample = 0;                            ///< rewrites made to find out
  double tokens_out = 0, tokens_out_margin = 0;  ///< in all, with the half width of a 90 % interval
  double tokens_in = 0;  ///< prompt tokens to compute when each shared beginning is computed once
  double tokens_in_unshared = 0;
  double seconds = 0;
  Json to_json() const;
};
std::string describe(const RewriteForecast& forecast);
RewriteForecast forecast_rewrite(const CaptionSource& captions, const RewriteOptions& options,
                                 Engine& engine);

}  // namespace clipwright
