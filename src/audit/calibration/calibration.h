// How well each tier of the audit tells damaged rewrites from rewrites that only change style,
// measured on captions whose damage is known.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/calibration/corruption.h"
#include "audit/verdict/audit.h"
#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::calibration {

struct CalibrationCaption {
  std::string key, text;  ///< the key finds the picture, where a tier wants one
};

/// One tier against one kind of damage.
struct CalibrationCell {
  int64_t pairs = 0;     ///< damaged rewrites; as many style-only ones stand against them
  double recall = 0;     ///< share of the damaged that are flagged
  bool flagged = false;  ///< any of them or of the style-only ones; else precision says nothing
  double precision = 0;  ///< flagged damaged over all flagged, style-only rewrites of the same
                         ///< captions included
  double auc = 0.5;      ///< share of (style-only, damaged) pairs that the value puts in order
};

struct CalibrationTier {
  std::string name;         ///< "flags", "score", "similarity", "entails_forward", ...
  double threshold = 0;     ///< flagged below; unused for "flags"
  double false_alarms = 0;  ///< share of the style-only rewrites that are flagged
  std::map<Damage, CalibrationCell> kinds;
  CalibrationCell all;  ///< all damaged rewrites together
};

/// A part of the captions: "tuning" chose the thresholds, "held-out" did not.
struct CalibrationPart {
  std::string name;
  int64_t captions = 0;
  std::vector<CalibrationTier> tiers;
};

/// A damaged rewrite that no flag of its kind found, or a style-only one that was flagged.
struct CalibrationMiss {
  Damage damage;
  std::string source, rewrite, flags;
};

struct Calibration {
  std::vector<std::string> tiers;  ///< what was measured with which model
  std::vector<CalibrationPart> parts;
  std::vector<CalibrationMiss> misses;  ///< a few a kind, of the tuning part
  bool wordnet = false;
  Json to_json() const;
  std::string to_markdown() const;
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
