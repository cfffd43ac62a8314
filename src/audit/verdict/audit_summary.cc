#include "audit/verdict/audit_summary.h"

#include "audit/verdict/pair_scores.h"
#include "core/words.h"

namespace clipwright::audit::verdict {

void AuditSummary::add(const AuditRecord& record) {
  ++pairs;
  score_sum += record.score;
  kept += record.score >= kDefaultKeepScore;
  for (const std::string& flag : record.flags) ++flags[flag];
}

Json AuditSummary::to_json() const {
  const double count = pairs > 0 ? static_cast<double>(pairs) : 1;
  Json counts = Json::object();
  for (const auto* list : {&audit_flags(), &model_flags()}) {
    for (const AuditFlag& flag : *list) {
      const auto found = flags.find(std::string(flag.name));
      if (found != flags.end()) counts[found->first] = found->second;
    }
  }
  return {{"pairs", pairs},
          {"kept", kept},
          {"kept_share", rounded(static_cast<double>(kept) / count)},
          {"mean_score", rounded(score_sum / count)},
          {"keep_score", kDefaultKeepScore},
          {"flags", counts}};
}

Json to_json(const AuditRecord& record) {
  return {{"score", rounded(record.score)},
          {"flags", record.flags},
          {"content_kept", rounded(record.content_kept)},
          {"content_added", rounded(record.content_added)},
          {"length_ratio", rounded(record.length_ratio)}};
}

}  // namespace clipwright::audit::verdict
