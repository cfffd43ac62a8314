#include "bench/audit_rate.h"

#include <algorithm>

#include "audit/calibration/example_texts.h"
#include "audit/verdict/audit_summary.h"
#include "audit/verdict/record_line.h"
#include "core/error.h"
#include "core/hash.h"

namespace clipwright::bench {
namespace {

constexpr size_t kPairs = 100'000;

/// `parts` pairs joined to one, all different: neighbours, then pairs ever farther apart.
std::vector<audit::verdict::AuditedPair> joined_pairs(
    const std::vector<audit::pairs::AuditPair>& shipped, size_t parts) {
  std::vector<audit::verdict::AuditedPair> pairs(kPairs);
  for (size_t i = 0; i < kPairs; ++i) {
    audit::pairs::AuditPair& pair = pairs[i].pair;
    pair.key = std::to_string(i);
    pair.mode = "bench";
    const size_t step = 1 + 7 * (i / shipped.size());
    for (size_t part = 0; part < parts; ++part) {
      const audit::pairs::AuditPair& one = shipped[(i + part * step) % shipped.size()];
      pair.source += (part > 0 ? " and " : "") + one.source;
      pair.text += (part > 0 ? " and " : "") + one.text;
    }
  }
  return pairs;
}

int64_t count_words(const std::vector<audit::verdict::AuditedPair>& pairs,
                    std::string audit::pairs::AuditPair::*text) {
  int64_t blanks = 0;
  for (const audit::verdict::AuditedPair& audited : pairs)
    blanks += 1 + std::count((audited.pair.*text).begin(), (audited.pair.*text).end(), ' ');
  return blanks / static_cast<int64_t>(pairs.size());
}

/// The same records one at a time, through the JSON library.
std::string slow_records(const audit::verdict::Auditor& auditor,
                         const std::vector<audit::verdict::AuditedPair>& pairs) {
  std::string text;
  for (const audit::verdict::AuditedPair& audited : pairs) {
    Json row = {{"key", audited.pair.key},
                {"mode", audited.pair.mode},
                {"source", audited.pair.source},
                {"text", audited.pair.text}};
    row.update(audit::verdict::to_json(auditor.audit(audited.pair.source, audited.pair.text)));
    text += to_line(row);
    text += '\n';
  }
  return text;
}

Measurement measure(const audit::verdict::Auditor& auditor,
                    std::vector<audit::verdict::AuditedPair> pairs, int runs) {
  const auto words = [&](std::string audit::pairs::AuditPair::*text) {
    return std::to_string(count_words(pairs, text));
  };
  Measurement result{.name = "audit",
                     .mode = "lexical tier with JSON records, one thread, " +
                             words(&audit::pairs::AuditPair::source) + " and " +
                             words(&audit::pairs::AuditPair::text) + " words a pair" +
                             (auditor.has_wordnet() ? "" : ", without WordNet"),
                     .unit = "captions/s"};
  std::string records;
  for (int run = 0; run <= runs; ++run) {  // the first one warms up and is checked
    records.clear();
    const double seconds = seconds_of([&] {
      for (audit::verdict::AuditedPair& audited : pairs) {
        auditor.audit(audited.pair.source, audited.pair.text, audited.record);
        audit::verdict::append_record(audited, records);
        records += '\n';
      }
    });
    if (run == 0) {
      CW_CHECK(records == slow_records(auditor, pairs), "the audit's records differ");
      result.check["records_sha256"] = hex(sha256(records));
    } else {
      result.runs.push_back(static_cast<double>(pairs.size()) / seconds);
    }
  }
  return result;
}

}  // namespace

std::vector<Measurement> benchmark_audit(int runs) {
  const std::vector<audit::pairs::AuditPair> shipped = audit::calibration::shipped_rewrites();
  audit::verdict::Auditor auditor;
  auditor.add_examples(audit::calibration::shipped_example_texts());
  return {measure(auditor, joined_pairs(shipped, 1), runs),
          measure(auditor, joined_pairs(shipped, 2), runs)};
}

}  // namespace clipwright::bench
