// What the tiers above words say about a pair, and the interface of whatever computes it: an
// embedding model, a language model, a CLIP with the picture.
#pragma once

#include <limits>
#include <span>
#include <string>

#include "audit/pairs/pairs.h"
#include "audit/verdict/audit.h"

namespace clipwright::audit::verdict {

/// NaN where a tier did not run, or could not judge the pair.
struct PairScores {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double similarity = kNone;        ///< cosine of the two texts' embeddings, in [-1, 1]
  double entails_forward = kNone;   ///< probability that the source implies the rewrite
  double entails_backward = kNone;  ///< probability that the rewrite implies the source
  double image_source = kNone;      ///< cosine of the picture and the source
  double image_rewrite = kNone;     ///< cosine of the picture and the rewrite
  /// How much better the rewrite fits the picture than the source does.
  double image_difference() const { return image_rewrite - image_source; }
};

struct AuditedPair {
  pairs::AuditPair pair;
  AuditRecord record;
  PairScores scores;
};

/// One tier. Called for blocks of pairs in the order of the corpus, by one thread.
class PairScorer {
 public:
  virtual ~PairScorer() = default;
  /// Fills its fields of `scores`. Throws Error when the model fails; a pair that cannot be judged
  /// keeps NaN.
  virtual void score(std::span<AuditedPair> pairs) = 0;
  /// One line for the report: what was measured with which model.
  virtual std::string describe() const = 0;
};

/// Limits below which a model's value becomes a flag. They depend on the model: `audit --calibrate`
/// measures them. NaN: no flag.
struct ScoreLimits {
  double similarity = PairScores::kNone;
  double entailment = PairScores::kNone;  ///< of the smaller direction
  double image_difference = PairScores::kNone;
};

/// The flags that `ScoreLimits` raises: "dissimilar", "not-entailed", "picture-mismatch".
const std::vector<AuditFlag>& model_flags();

/// Adds the flags of values below their limits and lowers the score by their factors.
void apply_limits(const ScoreLimits& limits, AuditedPair& audited);

}  // namespace clipwright::audit::verdict
