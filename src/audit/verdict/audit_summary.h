// What the audit found, as JSON: of one pair, and counted over many.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "audit/verdict/audit.h"
#include "core/json.h"

namespace clipwright::audit::verdict {

/// Counts over many records: pairs, mean score, share at or above 0.6, one count a flag.
struct AuditSummary {
  int64_t pairs = 0;
  double score_sum = 0;
  int64_t kept = 0;
  std::map<std::string, int64_t> flags;
  void add(const AuditRecord& record);
  /// {pairs, kept, kept_share, mean_score, flags: {name: count}}
  Json to_json() const;
};

/// The record's own fields: score, flags, content_kept, content_added, length_ratio; numbers
/// rounded to 4 digits.
Json to_json(const AuditRecord& record);

}  // namespace clipwright::audit::verdict
