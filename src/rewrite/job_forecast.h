// The forecast with a clock of one's own.
#pragma once

#include "rewrite/job.h"
#include "rewrite/monotonic_clock.h"

namespace clipwright {

/// As forecast_rewrite of rewrite/job.h, which takes the machine's clock.
RewriteForecast forecast_rewrite(const CaptionSource& captions, const RewriteOptions& options,
                                 Engine& engine, const MonotonicClock& clock);

}  // namespace clipwright
