#include "audit/corpus/corpus.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "audit/pairs/source_once.h"
#include "audit/verdict/record_line.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/process/worker_threads.h"
#include "core/random.h"

namespace clipwright::audit::corpus {
namespace {

constexpr size_t kBlock = 8192;
constexpr size_t kScoredBlock = 256;  // with a model a pair takes milliseconds, and people watch
constexpr size_t kBlockBytes = size_t{16} << 20, kLongLine = size_t{1} << 16;

struct Block {
  std::vector<verdict::AuditedPair> pairs = std::vector<verdict::AuditedPair>(kBlock);
  std::vector<std::string> lines = std::vector<std::string>(kBlock);
  std::vector<diversity::TextMarks> sources = std::vector<diversity::TextMarks>(kBlock),
                                    rewrites = std::vector<diversity::TextMarks>(kBlock);
  size_t count = 0;
};

/// Calls `work(begin, end)` for parts of the block, a thread each.
template <typename Work>
void in_parts(size_t count, size_t threads, const Work& work) {
  const size_t share = (count + threads - 1) / threads;
  std::mutex mutex;
  std::exception_ptr broken;
  const auto part = [&](size_t begin) {
    try {
      work(begin, std::min(begin + share, count));
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!broken) broken = std::current_exception();
    }
  };
  {
    const size_t others = count == 0 ? 0 : (count - 1) / share;
    std::vector<std::jthread> workers;
    const size_t started = start_threads(workers, others, [&](size_t i) { part((i + 1) * share); });
    part(0);
    for (size_t i = started; i < others; ++i) part((i + 1) * share);
  }
  if (broken) std::rethrow_exception(broken);
}

void audit_block(const verdict::Auditor& auditor, Block& block, const CorpusAuditOptions& options,
                 size_t threads) {
  in_parts(block.count, threads, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      verdict::AuditedPair& audited = block.pairs[i];
      audited.scores = verdict::PairScores();
      auditor.audit(audited.pair.source, audited.pair.text, audited.record);
    }
  });
  for (verdict::PairScorer* scorer : options.scorers)
    scorer->score(std::span(block.pairs).first(block.count));
  in_parts(block.count, threads, [&](size_t begin, size_t end) {
    lexicon::Words words;
    for (size_t i = begin; i < end; ++i) {
      verdict::AuditedPair& audited = block.pairs[i];
      verdict::apply_limits(options.limits, audited);
      if (!options.output.empty()) {
        block.lines[i].clear();
        verdict::append_record(audited, block.lines[i]);
      }
      if (!options.diversity) continue;
      diversity::mark_text(audited.pair.source, words, block.sources[i]);
      diversity::mark_text(audited.pair.text, words, block.rewrites[i]);
    }
  });
}

void count_scores(const verdict::PairScores& scores,
                  std::map<std::string, ScoreSummary>& summaries) {
  const std::pair<const char*, double> fields[] = {{"similarity", scores.similarity},
                                                   {"entails_forward", scores.entails_forward},
                                                   {"entails_backward", scores.entails_backward},
                                                   {"image_source", scores.image_source},
                                                   {"image_rewrite", scores.image_rewrite},
                                                   {"image_difference", scores.image_difference()}};
  for (const auto& [name, value] : fields) {
    if (!std::isnan(value)) summaries[name].add(value);
  }
}

/// Keeps the `wanted` pairs of smallest hash.
class Drawing {
 public:
  explicit Drawing(size_t wanted) : wanted_(wanted) {}
  void offer(uint64_t hash, const verdict::AuditedPair& audited) {
    if (drawn_.size() >= wanted_ && (wanted_ == 0 || hash >= drawn_.rbegin()->first)) return;
    drawn_.emplace(hash, audited);
    if (drawn_.size() > wanted_) drawn_.erase(std::prev(drawn_.end()));
  }
  std::vector<verdict::AuditedPair> take() {
    std::vector<verdict::AuditedPair> pairs;
    for (auto& [hash, audited] : drawn_) pairs.push_back(std::move(audited));
    return pairs;
  }

 private:
  size_t wanted_;
  std::map<uint64_t, verdict::AuditedPair> drawn_;
};

}  // namespace

CorpusAudit audit_corpus(const verdict::Auditor& auditor, pairs::PairSource& pairs,
                         const CorpusAuditOptions& options) {
  CorpusAudit result;
  result.wordnet = auditor.has_wordnet();
  const size_t threads = options.threads > 0 ? static_cast<size_t>(options.threads)
                                             : std::max(1U, std::thread::hardware_concurrency());
  std::optional<AtomicFile> output;
  if (!options.output.empty()) {
    output.emplace(options.output);
    output->write(
        std::string_view("{\"format\": \"clipwright-audit\", \"version\": 2,\n\"records\": ["));
  }
  std::map<std::string, Drawing> drawings;
  std::map<std::string, diversity::Diversity> rewrites;
  diversity::Diversity sources;
  pairs::SourceOnce once;
  Block block;
  Progress progress("audit", pairs.total());
  bool more = true;
  while (more && !interrupted()) {
    size_t bytes = 0;
    const size_t most = options.scorers.empty() ? kBlock : kScoredBlock;
    for (block.count = 0; block.count < most && bytes < kBlockBytes; ++block.count) {
      pairs::AuditPair& pair = block.pairs[block.count].pair;
      // A monstrous line must not leave its room behind in every slot.
      if (pair.source.capacity() + pair.text.capacity() + block.lines[block.count].capacity() >
          kLongLine) {
        pair = pairs::AuditPair();
        block.lines[block.count] = std::string();
      }
      more = pairs.next(pair);
      if (!more) break;
      bytes += pair.source.size() + pair.text.size();
    }
    audit_block(auditor, block, options, threads);
    for (size_t i = 0; i < block.count; ++i) {
      const verdict::AuditedPair& audited = block.pairs[i];
      if (output) {
        output->write(std::string_view(result.summary.pairs == 0 ? "\n" : ",\n"));
        output->write(std::string_view(block.lines[i]));
      }
      result.summary.add(audited.record);
      result.modes[audited.pair.mode].add(audited.record);
      ++result.histogram[std::min<size_t>(static_cast<size_t>(audited.record.score * 20), 19)];
      count_scores(audited.scores, result.scores);
      if (options.diversity) {
        if (once.first_time(audited.pair.key, audited.pair.source)) sources.add(block.sources[i]);
        rewrites[audited.pair.mode].add(block.rewrites[i]);
      }
      const auto draw = [&](const std::string& name) {
        const uint64_t hash =
            hash64(audited.pair.text, hash64(audited.pair.key, hash64(audited.pair.mode)));
        drawings.try_emplace(name, options.examples_a_flag).first->second.offer(hash, audited);
      };
      for (const std::string& flag : audited.record.flags) draw(flag);
      if (audited.record.score >= verdict::kDefaultKeepScore) draw("");
    }
    progress.update(result.summary.pairs);
  }
  progress.finish();
  // Only now do they know how many pairs they could score.
  for (const verdict::PairScorer* scorer : options.scorers)
    result.tiers.push_back(scorer->describe());
  result.passed_over = pairs.passed_over;
  for (auto& [name, drawing] : drawings) result.examples[name] = drawing.take();
  if (options.diversity) {
    result.sources = sources.report();
    for (const auto& [mode, diversity] : rewrites) result.mode_diversity[mode] = diversity.report();
    diversity::Diversity all;
    for (const auto& [mode, diversity] : rewrites) all.merge(diversity);
    result.rewrites = all.report();
  }
  if (output && !interrupted()) {
    output->write(std::string_view("\n],\n\"summary\": "));
    output->write(std::string_view(to_line(result.to_json())));
    output->write(std::string_view("}\n"));
    output->commit();
  }
  return result;
}

}  // namespace clipwright::audit::corpus
