// The forecast with a clock of one's own.
#pragma once

#include "rewrite/engine/monotonic_clock.h"
#include "rewrite/job/job.h"

namespace clipwright::rewrite::job {

/// As forecast_rewrite of rewrite/job/job.h, which takes the machine's clock.
RewriteForecast forecast_rewrite(const records::CaptionSource& captions,
                                 const RewriteOptions& options, engine::Engine& engine,
                                 const engine::MonotonicClock& clock);

}  // namespace clipwright::rewrite::job
