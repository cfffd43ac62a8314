#include <algorithm>

#include "audit/record_line.h"
#include "bench/benchmarks.h"
#include "core/error.h"
#include "core/hash.h"

namespace clipwright {
namespace {

constexpr size_t kPairs = 100'000;

/// `parts` pairs joined to one, all different: neighbours, then pairs ever farther apart.
std::vector<AuditedPair> joined_pairs(const std::vector<AuditPair>& shipped, size_t parts) {
  std::vector<AuditedPair> pairs(kPairs);
  for (size_t i = 0; i < kPairs; ++i) {
    AuditPair& pair = pairs[i].pair;
    pair.key = std::to_string(i);
    pair.mode = "bench";
    const size_t step = 1 + 7 * (i / shipped.size());
    for (size_t part = 0; part < parts; ++part) {
      const AuditPair& one = shipped[(i + part * step) % shipped.size()];
      pair.source += (part > 0 ? " and " : "") + one.source;
      pair.text += (part > 0 ? " and " : "") + one.text;
    }
  }
  return pairs;
}

int64_t count_words(const std::vector<AuditedPair>& pairs, std::string AuditPair::*text) {
  int64_t blanks = 0;
  for (const AuditedPair& audited : pairs)
    blanks += 1 + std::count((audited.pair.*text).begin(), (audited.pair.*text).end(), ' ');
  return blanks / static_cast<int64_t>(pairs.size());
}

/// The same records one at a time, through the JSON library.
std::string slow_records(const Auditor& auditor, const std::vector<AuditedPair>& pairs) {
  std::string text;
  for (const AuditedPair& audited : pairs) {
    Json row = {{"key", audited.pair.key},
                {"mode", audited.pair.mode},
                {"source", audited.pair.source},
                {"text", audited.pair.text}};
    row.update(to_json(auditor.audit(audited.pair.source, audited.pair.text)));
    text += to_line(row);
    text += '\n';
  }
  return text;
}

Measurement measure(const Auditor& auditor, std::vector<AuditedPair> pairs, int runs) {
  const auto words = [&](std::string AuditPair::*text) {
    return std::to_string(count_words(pairs, text));
  };
  Measurement result{.name = "audit",
                     .mode = "lexical tier with JSON records, one thread, " +
                             words(&AuditPair::source) + " and " + words(&AuditPair::text) +
                             " words a pair" + (auditor.has_wordnet() ? "" : ", without WordNet"),
                     .unit = "captions/s"};
  std::string records;
  for (int run = 0; run <= runs; ++run) {  // the first one warms up and is checked
    records.clear();
    const double seconds = seconds_of([&] {
      for (AuditedPair& audited : pairs) {
        auditor.audit(audited.pair.source, audited.pair.text, audited.record);
        append_record(audited, records);
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
  const std::vector<AuditPair> shipped = shipped_rewrites();
  Auditor auditor;
  auditor.add_examples(shipped_example_texts());
  return {measure(auditor, joined_pairs(shipped, 1), runs),
          measure(auditor, joined_pairs(shipped, 2), runs)};
}

}  // namespace clipwright
