// The audit of a corpus as a page to look at: how many rewrites are kept, why others are not,
// examples a flag.
#pragma once

#include <filesystem>

#include "audit/corpus.h"
#include "report/html_report.h"

namespace clipwright {

/// "good", "suspicious" by score, then the flags: the badges of a rewrite anywhere in a report.
std::vector<Badge> audit_badges(const AuditRecord& record);

/// Writes the page atomically. Throws Error(kFailed).
void write_audit_page(const CorpusAudit& audit, const std::filesystem::path& path);

}  // namespace clipwright
