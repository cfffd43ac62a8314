// What a calibration measured, and how it reads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/calibration/corruption.h"
#include "core/json.h"

namespace clipwright::audit::calibration {

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

}  // namespace clipwright::audit::calibration
