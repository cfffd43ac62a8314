// What a job would take, found out by making a small part of it.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"
#include "records/caption_source.h"
#include "rewrite/engine/engine.h"
#include "rewrite/engine/monotonic_clock.h"
#include "rewrite/job/job.h"
#include "rewrite/job/sample_pace.h"

namespace clipwright::rewrite::job {

/// What a job would take, without touching the ledger.
struct RewriteForecast {
  RewriteSummary plan;
  RewriteSummary made;          ///< the sample: attempts by status
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
/// The same with a clock of one's own.
RewriteForecast forecast_rewrite(const records::CaptionSource& captions,
                                 const RewriteOptions& options, engine::Engine& engine,
                                 const engine::MonotonicClock& clock);

}  // namespace clipwright::rewrite::job
