// The audit of a whole corpus: pairs in, one record a pair to a file, counts and examples out.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/diversity/diversity.h"
#include "audit/pairs/pairs.h"
#include "audit/verdict/audit.h"
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

struct CorpusAuditOptions {
  std::filesystem::path output;  ///< audit.json (docs/formats/audit.md); empty: none
  int threads = 0;               ///< 0: one a core
  size_t examples_a_flag = 8;
  bool diversity = true;
  std::vector<verdict::PairScorer*>
      scorers;  ///< further tiers; called in this order for each block
  verdict::ScoreLimits limits;
};

/// Audits all pairs; output is written as it comes and appears only when all went well. Memory does
/// not grow with the corpus: blocks of 8,192 pairs, and what Diversity and SourceOnce hold (a few
/// hundred MB at most). Stops early, writing nothing, when interrupted. Throws what the source
/// throws, and Error(kFailed) when the disk refuses.
CorpusAudit audit_corpus(const verdict::Auditor& auditor, pairs::PairSource& pairs,
                         const CorpusAuditOptions& options);

/// The counts as a short text for a terminal.
std::string describe(const CorpusAudit& audit);

}  // namespace clipwright::audit::corpus
