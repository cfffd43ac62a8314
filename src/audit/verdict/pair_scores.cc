#include "audit/verdict/pair_scores.h"

#include <algorithm>

namespace clipwright::audit::verdict {

const std::vector<AuditFlag>& model_flags() {
  static const std::vector<AuditFlag> flags = {
      {"dissimilar", 0.5, "the embeddings of source and rewrite are farther apart than the limit"},
      {"not-entailed", 0.5, "the language model does not see one text follow from the other"},
      {"picture-mismatch", 0.5, "the rewrite fits the picture worse than the source does"},
  };
  return flags;
}

void apply_limits(const ScoreLimits& limits, AuditedPair& audited) {
  const PairScores& scores = audited.scores;
  // Comparisons with NaN, a tier that did not run or a limit that was not given, are false.
  const bool below[] = {
      scores.similarity < limits.similarity,
      std::min(scores.entails_forward, scores.entails_backward) < limits.entailment,
      scores.image_difference() < limits.image_difference};
  for (size_t i = 0; i < model_flags().size(); ++i) {
    if (!below[i]) continue;
    audited.record.flags.emplace_back(model_flags()[i].name);
    audited.record.score *= model_flags()[i].factor;
  }
}

}  // namespace clipwright::audit::verdict
