// The audit of a whole corpus: pairs in, one record a pair to a file, counts and examples out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "audit/corpus/corpus_summary.h"
#include "audit/pairs/pairs.h"
#include "audit/verdict/audit.h"
#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::corpus {

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

}  // namespace clipwright::audit::corpus
