#include "rewrite/job/job_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "rewrite/job/distinct_captions.h"
#include "rewrite/job/job_recipe.h"

namespace clipwright::rewrite::job {
namespace {

/// One bit a caption.
using CaptionSet = std::vector<bool>;

/// Takes out of each mode's set what the ledger has finished. Both lists are
/// sorted by key.
void leave_out_done(const std::vector<KeyedCaption>& distinct, int attempts, ledger::Ledger& ledger,
                    JobPlan& plan, std::vector<CaptionSet>& todo) {
  std::vector<ledger::LedgerTask> tasks;
  for (const PlannedMode& mode : plan.modes) tasks.push_back(mode.task);
  std::vector<std::vector<KeyedCaption>::const_iterator> at(tasks.size(), distinct.begin());
  ledger.progress(tasks, [&](size_t mode, const ledger::LedgerProgress& progress) {
    if (!progress.accepted && progress.rejected < attempts) return;
    const KeyedCaption key = KeyedCaption::of(progress.source, 0);
    auto& next = at[mode];
    while (next != distinct.end() && *next < key) ++next;
    if (next == distinct.end() || !next->same_key(key)) return;
    todo[mode][next->caption] = false;
    ModeSummary& counts = plan.summary.modes[mode].second;
    ++(progress.accepted ? counts.already_done : counts.given_up_before);
  });
}

/// The captions of a set in the order of their example triples.
std::vector<uint32_t> sort_by_examples(const records::CaptionSource& captions,
                                       const CaptionSet& set, const prompt::ExamplePack& pack,
                                       const RewriteOptions& options, JobPlan& plan) {
  struct Keyed {
    uint64_t examples;
    uint32_t caption;
    auto operator<=>(const Keyed&) const = default;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(static_cast<size_t>(std::count(set.begin(), set.end(), true)));
  for (size_t i = 0; i < set.size(); ++i) {
    if (!set[i]) continue;
    const auto caption = static_cast<int64_t>(i);
    keyed.push_back({pack.example_key(options.seed,
                                      ledger::occurrence_text(captions.caption(caption),
                                                              plan.occurrence(caption)),
                                      options.triples),
                     static_cast<uint32_t>(i)});
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<uint32_t> order;
  order.reserve(keyed.size());
  for (size_t i = 0; i < keyed.size(); ++i) {
    if (i == 0 || keyed[i].examples != keyed[i - 1].examples) ++plan.summary.prompts;
    order.push_back(keyed[i].caption);
  }
  return order;
}

}  // namespace

int64_t JobPlan::occurrence(int64_t caption) const {
  const auto at = std::lower_bound(
      later.begin(), later.end(), caption,
      [](const LaterOccurrence& occurrence, int64_t c) { return occurrence.caption < c; });
  return at != later.end() && at->caption == caption ? at->number : 0;
}

int64_t JobPlan::left() const {
  int64_t left = 0;
  for (const PlannedMode& mode : modes) left += static_cast<int64_t>(mode.todo.size());
  return left;
}

std::vector<prompt::ExamplePack> job_packs(const RewriteOptions& options,
                                           const engine::Engine& engine) {
  if (engine.uses_examples() || !engine.modes().empty()) return options.packs;
  return {prompt::ExamplePack::none(engine.engine_name())};
}

bool usable_caption(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; });
}

JobPlan plan_job(const records::CaptionSource& captions, const RewriteOptions& options,
                 const engine::Engine& engine, ledger::Ledger* ledger) {
  JobPlan plan;
  RewriteSummary& summary = plan.summary;
  const int64_t count =
      options.limit > 0 ? std::min(options.limit, captions.size()) : captions.size();
  summary.captions = count;
  std::vector<CaptionSet> todo;
  {
    const std::vector<KeyedCaption> distinct =
        distinct_captions(captions, count, options.keep_duplicates, summary, plan.later);
    summary.distinct = static_cast<int64_t>(distinct.size());
    CaptionSet all(static_cast<size_t>(count));
    for (const KeyedCaption& text : distinct) all[text.caption] = true;
    for (const prompt::ExamplePack& pack : options.packs) {
      ledger::RewriteRecipe recipe = make_recipe(options, pack, engine);
      ledger::LedgerTask task{pack.mode(), recipe.sha};
      plan.modes.push_back({std::move(recipe), std::move(task), {}});
      summary.modes.emplace_back(pack.mode(), ModeSummary{.wanted = summary.distinct});
      todo.push_back(all);
    }
    if (ledger != nullptr) leave_out_done(distinct, options.attempts, *ledger, plan, todo);
  }
  for (size_t mode = 0; mode < plan.modes.size(); ++mode) {
    plan.modes[mode].todo =
        sort_by_examples(captions, todo[mode], options.packs[mode], options, plan);
  }
  return plan;
}

}  // namespace clipwright::rewrite::job
