// The forecast with a clock of one's own.
#pragma once

#include "rewrite/job/job.h"
#include "rewrite/engine/monotonic_clock.h"

namespace clipwright::rewrite::job {

/// As forecast_rewrite of rewrite/job/job.h, which takes the machine's clock.
RewriteForecast forecast_rewrite(const CaptionSource& captions, const RewriteOptions& options,
                                 engine::Engine& engine, const engine::MonotonicClock& clock);

}  // namespace clipwright::rewrite::job
