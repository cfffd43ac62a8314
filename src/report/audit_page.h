// The audit of a corpus as a page to look at: how many rewrites are kept, why others are not,
// examples a flag.
#pragma once

#include <filesystem>

#include "audit/corpus/corpus.h"
#include "report/html_report.h"

namespace clipwright::report {

/// "good", "suspicious" by score, then the flags: the badges of a rewrite anywhere in a report.
std::vector<Badge> audit_badges(const audit::verdict::AuditRecord& record);

/// Writes the page atomically. Throws Error(kFailed).
void write_audit_page(const audit::corpus::CorpusAudit& audit, const std::filesystem::path& path);

}  // namespace clipwright::report
