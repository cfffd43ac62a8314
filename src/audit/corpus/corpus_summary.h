// What the audit found in a corpus, and how it reads.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/diversity/diversity.h"
#include "audit/verdict/audit_summary.h"
#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::corpus {

/// The values of one model tier over a corpus.
struct ScoreSummary {
  int64_t count = 0;  ///< pairs that have a value
  double sum = 0;
  std::array<int64_t, 20> histogram{};  ///< in steps of 0.05 of [0, 1]; outside values at the ends
  void add(double value);
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

struct CorpusAudit {
  verdict::AuditSummary summary;
  std::map<std::string, verdict::AuditSummary> modes;
  std::array<int64_t, 20> histogram{};  ///< scores in steps of 0.05
  std::map<std::string, int64_t> passed_over;
  /// A few pairs a flag, and of kept ones under "": drawn by the hash of key, mode and text, so the
  /// same for any order.
  std::map<std::string, std::vector<verdict::AuditedPair>> examples;
  bool wordnet = false;
  /// Surface diversity of the distinct (key, source) pairs, of all rewrites, and of each mode's;
  /// absent when switched off.
  std::optional<diversity::DiversityReport> sources, rewrites;
  std::map<std::string, diversity::DiversityReport> mode_diversity;
  std::map<std::string, ScoreSummary> scores;  ///< a field of PairScores that has values
  std::vector<std::string> tiers;              ///< what was measured beside words, a line each
  Json to_json() const;
};

/// The counts as a short text for a terminal.
std::string describe(const CorpusAudit& audit);

}  // namespace clipwright::audit::corpus
