#include "rewrite/job_plan.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "rewrite/reply.h"

namespace clipwright {
namespace {

constexpr double kMostNotUtf8 = 0.05;

/// A text by its hash, and where it occurs first.
struct Distinct {
  std::array<uint64_t, 2> source;
  int64_t caption;
};

std::vector<Distinct> distinct_captions(const CaptionSource& captions, int64_t count,
                                        RewriteSummary& summary) {
  std::vector<Distinct> all;
  all.reserve(static_cast<size_t>(count));
  int64_t first_bad = -1;
  for (int64_t i = 0; i < count; ++i) {
    const std::string text = captions.text(i);
    if (!valid_utf8(text)) {
      ++summary.not_utf8;
      if (first_bad < 0) first_bad = i;
    } else if (!usable_caption(text)) {
      ++summary.empty;
    } else {
      all.push_back({short_key(sha256(text)), i});
    }
  }
  if (first_bad >= 0) {
    const std::string found = with_commas(summary.not_utf8) + " of " + with_commas(count) +
                              " captions are not UTF-8, first number " + std::to_string(first_bad) +
                              " (counted from 0)";
    if (static_cast<double>(summary.not_utf8) > kMostNotUtf8 * static_cast<double>(count)) {
      fail_input(found, "UTF-8 text",
                 "Convert the file, for example with iconv -f latin1 -t utf-8.");
    }
    log_warning(found + "; they get no rewrite.");
  }
  if (all.empty())
    fail_input("there is no caption to rewrite among " + with_commas(count), "a caption a line");
  const auto by_source = [](const Distinct& a, const Distinct& b) {
    return a.source != b.source ? a.source < b.source : a.caption < b.caption;
  };
  std::sort(all.begin(), all.end(), by_source);
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Distinct& a, const Distinct& b) { return a.source == b.source; }),
            all.end());
  return all;
}

}  // namespace

bool usable_caption(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; });
}

JobPlan plan_job(const CaptionSource& captions, const RewriteOptions& options, const Engine& engine,
                 Ledger* ledger) {
  JobPlan plan;
  RewriteSummary& summary = plan.summary;
  const int64_t count =
      options.limit > 0 ? std::min(options.limit, captions.size()) : captions.size();
  summary.captions = count;
  const std::vector<Distinct> distinct = distinct_captions(captions, count, summary);
  summary.distinct = static_cast<int64_t>(distinct.size());
  for (const ExamplePack& pack : options.packs) {
    PlannedMode mode{make_recipe(options, pack, engine), {}};
    const std::vector<LedgerProgress> done = ledger == nullptr
                                                 ? std::vector<LedgerProgress>()
                                                 : ledger->progress(pack.mode(), mode.recipe.sha);
    ModeSummary counts{.wanted = summary.distinct};
    auto at = done.begin();  // both lists are sorted by source
    for (const Distinct& text : distinct) {
      while (at != done.end() && at->source < text.source) ++at;
      const bool known = at != done.end() && at->source == text.source;
      if (known && (at->accepted || at->attempts >= options.attempts)) {
        ++counts.already_done;
        continue;
      }
      const uint64_t examples =
          pack.example_key(options.seed, captions.text(text.caption), options.triples);
      mode.todo.push_back({examples, text.caption, known ? at->attempts : 0});
    }
    std::sort(mode.todo.begin(), mode.todo.end(),
              [](const PlannedRewrite& a, const PlannedRewrite& b) {
                return a.examples != b.examples ? a.examples < b.examples : a.caption < b.caption;
              });
    for (size_t i = 0; i < mode.todo.size(); ++i) {
      if (i == 0 || mode.todo[i].examples != mode.todo[i - 1].examples) ++summary.prompts;
    }
    summary.modes.emplace_back(pack.mode(), counts);
    plan.modes.push_back(std::move(mode));
  }
  return plan;
}

}  // namespace clipwright
