#include "audit/corpus.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/random.h"

namespace clipwright {
namespace {

constexpr size_t kBlock = 8192;
constexpr size_t kBlockBytes = size_t{16} << 20, kLongLine = size_t{1} << 16;

struct Block {
  std::vector<AuditedPair> pairs;
  std::vector<std::string> lines;
  size_t count = 0;
};

Json record_json(const AuditedPair& audited) {
  Json row = {{"key", audited.pair.key},
              {"mode", audited.pair.mode},
              {"source", audited.pair.source},
              {"text", audited.pair.text}};
  row.update(to_json(audited.record));
  return row;
}

void audit_range(const Auditor& auditor, Block& block, size_t begin, size_t end, bool with_lines) {
  for (size_t i = begin; i < end; ++i) {
    AuditedPair& audited = block.pairs[i];
    auditor.audit(audited.pair.source, audited.pair.text, audited.record);
    if (with_lines) block.lines[i] = to_line(record_json(audited));
  }
}

void audit_block(const Auditor& auditor, Block& block, size_t threads, bool with_lines) {
  const size_t share = (block.count + threads - 1) / threads;
  std::vector<std::jthread> workers;
  for (size_t begin = share; begin < block.count; begin += share) {
    workers.emplace_back([&, begin] {
      audit_range(auditor, block, begin, std::min(begin + share, block.count), with_lines);
    });
  }
  audit_range(auditor, block, 0, std::min(share, block.count), with_lines);
}

/// Keeps the `wanted` pairs of smallest hash.
class Drawing {
 public:
  explicit Drawing(size_t wanted) : wanted_(wanted) {}
  void offer(uint64_t hash, const AuditedPair& audited) {
    if (drawn_.size() >= wanted_ && (wanted_ == 0 || hash >= drawn_.rbegin()->first)) return;
    drawn_.emplace(hash, audited);
    if (drawn_.size() > wanted_) drawn_.erase(std::prev(drawn_.end()));
  }
  std::vector<AuditedPair> take() {
    std::vector<AuditedPair> pairs;
    for (auto& [hash, audited] : drawn_) pairs.push_back(std::move(audited));
    return pairs;
  }

 private:
  size_t wanted_;
  std::map<uint64_t, AuditedPair> drawn_;
};

}  // namespace

CorpusAudit audit_corpus(const Auditor& auditor, PairSource& pairs,
                         const CorpusAuditOptions& options) {
  CorpusAudit result;
  result.wordnet = auditor.has_wordnet();
  const size_t threads = options.threads > 0 ? static_cast<size_t>(options.threads)
                                             : std::max(1U, std::thread::hardware_concurrency());
  std::optional<AtomicFile> output;
  if (!options.output.empty()) {
    output.emplace(options.output);
    output->write(
        std::string_view("{\"format\": \"clipwright-audit\", \"version\": 1,\n\"records\": ["));
  }
  std::map<std::string, Drawing> drawings;
  Block block;
  block.pairs.resize(kBlock);
  block.lines.resize(kBlock);
  Progress progress("audit", pairs.total());
  bool more = true;
  while (more && !interrupted()) {
    size_t bytes = 0;
    for (block.count = 0; block.count < kBlock && bytes < kBlockBytes; ++block.count) {
      AuditPair& pair = block.pairs[block.count].pair;
      // A monstrous line must not leave its room behind in every slot.
      if (pair.source.capacity() + pair.text.capacity() + block.lines[block.count].capacity() >
          kLongLine) {
        pair = AuditPair();
        block.lines[block.count] = std::string();
      }
      more = pairs.next(pair);
      if (!more) break;
      bytes += pair.source.size() + pair.text.size();
    }
    audit_block(auditor, block, threads, output.has_value());
    for (size_t i = 0; i < block.count; ++i) {
      const AuditedPair& audited = block.pairs[i];
      if (output) {
        output->write(std::string_view(result.summary.pairs == 0 ? "\n" : ",\n"));
        output->write(std::string_view(block.lines[i]));
      }
      result.summary.add(audited.record);
      result.modes[audited.pair.mode].add(audited.record);
      ++result.histogram[std::min<size_t>(static_cast<size_t>(audited.record.score * 20), 19)];
      const uint64_t hash =
          hash64(audited.pair.text, hash64(audited.pair.key, hash64(audited.pair.mode)));
      const auto draw = [&](const std::string& name) {
        drawings.try_emplace(name, options.examples_a_flag).first->second.offer(hash, audited);
      };
      for (const std::string& flag : audited.record.flags) draw(flag);
      if (audited.record.score >= kDefaultKeepScore) draw("");
    }
    progress.update(result.summary.pairs);
  }
  progress.finish();
  result.passed_over = pairs.passed_over;
  for (auto& [name, drawing] : drawings) result.examples[name] = drawing.take();
  if (output && !interrupted()) {
    output->write(std::string_view("\n],\n\"summary\": "));
    output->write(std::string_view(to_line(result.to_json())));
    output->write(std::string_view("}\n"));
    output->commit();
  }
  return result;
}

Json CorpusAudit::to_json() const {
  Json json = summary.to_json();
  json["wordnet"] = wordnet;
  json["histogram"] = histogram;
  json["passed_over"] = passed_over;
  json["modes"] = Json::object();
  for (const auto& [mode, counts] : modes) json["modes"][mode] = counts.to_json();
  return json;
}

std::string describe(const CorpusAudit& audit) {
  const AuditSummary& summary = audit.summary;
  const double count = std::max<double>(1, static_cast<double>(summary.pairs));
  char line[160];
  std::snprintf(
      line, sizeof line, "%s pairs, %s kept at score >= %.1f (%.1f %%), mean score %.3f%s\n",
      with_commas(summary.pairs).c_str(), with_commas(summary.kept).c_str(), kDefaultKeepScore,
      100 * static_cast<double>(summary.kept) / count, summary.score_sum / count,
      audit.wordnet ? "" : "; without WordNet (wordnet-base), so that synonyms count as lost");
  std::string text = line;
  for (const AuditFlag& flag : audit_flags()) {
    const auto found = summary.flags.find(std::string(flag.name));
    if (found == summary.flags.end()) continue;
    std::snprintf(line, sizeof line, "  %-17s %10s  %5.1f %%  ", std::string(flag.name).c_str(),
                  with_commas(found->second).c_str(),
                  100 * static_cast<double>(found->second) / count);
    text += line;
    text += flag.meaning;
    text += '\n';
  }
  for (const auto& [reason, number] : audit.passed_over)
    text += "  passed over: " + with_commas(number) + " " + reason + "\n";
  return text;
}

}  // namespace clipwright
