// How well each tier of the audit tells damaged rewrites from rewrites that only change style,
// measured on captions whose damage is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/calibration/calibration_report.h"
#include "audit/verdict/audit.h"
#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::calibration {

struct CalibrationCaption {
  std::string key, text;  ///< the key finds the picture, where a tier wants one
};

struct CalibrationOptions {
  uint64_t seed = 0;
  size_t most_captions = 0;    ///< drawn by hash; 0: all
  double false_alarms = 0.05;  ///< thresholds of model tiers: this share of the tuning part's
                               ///< style-only rewrites lies below
  size_t misses_a_kind = 5;
};

/// Halves the captions by hash into tuning and held-out, damages each in every way that applies and
/// runs the lexical tier and `scorers`. Thresholds come from the tuning half alone. Throws
/// Error(kInput) when there are fewer than 20 captions.
Calibration calibrate(const verdict::Auditor& auditor, std::vector<CalibrationCaption> captions,
                      const std::vector<verdict::PairScorer*>& scorers,
                      const CalibrationOptions& options);

}  // namespace clipwright::audit::calibration
