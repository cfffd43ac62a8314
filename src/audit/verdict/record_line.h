// The line of audit.json that tells of one pair, written without building a JSON tree: a quarter of
// the audit's time otherwise.
#pragma once

#include <string>

#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::verdict {

/// Appends {key, mode, source, text, score, flags, content_kept, content_added, length_ratio} and
/// the values of the tiers that ran, rounded to 4 digits. Equal to `to_line` of the same object,
/// byte for byte: invalid UTF-8 becomes U+FFFD.
void append_record(const AuditedPair& audited, std::string& line);

}  // namespace clipwright::audit::verdict
