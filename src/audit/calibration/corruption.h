// Controlled corruption: a caption is said in another style, and damaged in one known way or not at
// all. What the audit finds can then be compared with what was done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lexicon/wordnet.h"

namespace clipwright::audit::calibration {

enum class Damage {
  kNone,  ///< style only: must not be flagged
  kSwapColour,
  kSwapNumber,
  kSwapEntity,
  kSwapObject,
  kNegate,
  kDropObject,
  kAddObject
};

struct DamageKind {
  Damage damage;
  std::string_view name;                ///< "swap-colour"
  std::vector<std::string_view> flags;  ///< of the lexical tier: any of these is a find
};
const std::vector<DamageKind>& damage_kinds();

/// Makes rewrites of captions with a known fault. Its word lists are its own, not the audit's; only
/// "is this word a thing one can see" is asked of WordNet. Every choice is keyed by the seed and
/// the caption.
class Corruption {
 public:
  /// `wordnet` must outlive the object; when empty, objects are neither dropped nor swapped.
  explicit Corruption(const lexicon::WordNet& wordnet, uint64_t seed = 0)
      : wordnet_(wordnet), seed_(seed) {}

  /// The caption with the damage, in its own style; nothing where it does not apply: no colour to
  /// swap, only one object to drop.
  std::optional<std::string> damage(std::string_view caption, Damage damage) const;
  /// `damage`, restyled: differs from the style-only rewrite by the damage alone.
  std::optional<std::string> rewrite(std::string_view caption, Damage damage) const;

 private:
  const lexicon::WordNet& wordnet_;
  uint64_t seed_;
};

}  // namespace clipwright::audit::calibration
