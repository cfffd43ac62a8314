// What rewording and damage did to a model's answers, and how it reads (docs/evaluation/
// invariance.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/calibration/corruption.h"
#include "core/json.h"
#include "eval/invariance/contrasts.h"
#include "eval/invariance/decisions.h"

namespace clipwright::eval::invariance {

/// One kind of question: "classification" (acc1), "image_retrieval" (captions ask for pictures) or
/// "text_retrieval".
struct Direction {
  std::string name, accuracy;  ///< `accuracy`: what its share of right answers is called
  Agreement agreement;
};

/// The original texts against one set of others.
struct RewordingOutcome {
  std::string name;
  int64_t texts = 0;  ///< that were replaced
  std::vector<Direction> directions;
};

/// The original texts against those with one kind of damage.
struct DamageOutcome {
  Preferences preferences;
  int64_t unseen = 0;  ///< negatives left out: the model's tokens do not show the damage
  int64_t queries = 0, right = 0, right_damaged = 0;  ///< answers before and after
};

struct ClassOutcome {
  std::string name;
  std::vector<std::string> synonyms;
  int64_t pictures = 0;
  Agreement agreement;
  Preferences preferences;
};

struct InvarianceOutcome {
  int64_t pictures = 0, bad = 0;  ///< scored; could not be read
  int64_t texts = 0;              ///< captions or classes
  Spread spread;
  std::vector<RewordingOutcome> rewordings;
  std::map<audit::calibration::Damage, DamageOutcome> damages;
  std::vector<ClassOutcome> classes;  ///< none for captions

  /// Numbers and nulls. The headline leaves `drop-object` out: a shorter text is still true of the
  /// picture. Of a collapsed model invariance and kappa are null: it would keep every answer.
  Json metrics() const;
  /// {"rewordings": [...], "damages": [...], "classes": [...]}: the same by what was done to what.
  Json tables() const;
};

/// "swap-colour"
std::string_view name_of(audit::calibration::Damage damage);

}  // namespace clipwright::eval::invariance
