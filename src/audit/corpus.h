// The audit of a whole corpus: pairs in, one record a pair to a file, counts and examples out.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/pairs.h"

namespace clipwright {

struct AuditedPair {
  AuditPair pair;
  AuditRecord record;
};

struct CorpusAudit {
  AuditSummary summary;
  std::map<std::string, AuditSummary> modes;
  std::array<int64_t, 20> histogram{};  ///< scores in steps of 0.05
  std::map<std::string, int64_t> passed_over;
  /// A few pairs a flag, and of kept ones under "": drawn by the hash of key, mode and text, so the
  /// same for any order.
  std::map<std::string, std::vector<AuditedPair>> examples;
  bool wordnet = false;
  Json to_json() const;
};

struct CorpusAuditOptions {
  std::filesystem::path output;  ///< audit.json (docs/formats/audit.md); empty: none
  int threads = 0;               ///< 0: one a core
  size_t examples_a_flag = 8;
};

/// Audits all pairs; output is written as it comes and appears only when all went well. Memory does
/// not grow with the corpus. Stops early, writing nothing, when interrupted. Throws what the source
/// throws, and Error(kFailed) when the disk refuses.
CorpusAudit audit_corpus(const Auditor& auditor, PairSource& pairs,
                         const CorpusAuditOptions& options);

/// The counts as a short text for a terminal.
std::string describe(const CorpusAudit& audit);

}  // namespace clipwright
