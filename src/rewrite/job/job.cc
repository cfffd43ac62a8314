#include "rewrite/job/job.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <exception>
#include <set>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "language/sampler.h"
#include "rewrite/job/job_ledger.h"
#include "rewrite/job/job_plan.h"
#include "rewrite/job/job_queue.h"
#include "rewrite/job/kept_identity.h"
#include "rewrite/job/outputs.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {

/// A mode names files.
static void check_mode_name(const std::string& mode) {
  const bool plain =
      !mode.empty() && mode.front() != '.' && mode.size() <= 100 &&
      std::all_of(mode.begin(), mode.end(), [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
      });
  if (!plain)
    fail_usage("'" + mode + "' cannot be a mode's name: it names files",
               "letters, digits, '-', '_' and '.'", "Name it with --examples-mode.");
}

void check_options(const RewriteOptions& options) {
  if (options.packs.empty())
    fail_usage("no mode is chosen", "one of chatgpt, bard, coco, human, or own examples");
  std::set<std::string> modes;
  for (const prompt::ExamplePack& pack : options.packs) {
    check_mode_name(pack.mode());
    if (!modes.insert(pack.mode()).second)
      fail_usage("mode '" + pack.mode() + "' is named twice", "each mode once");
  }
  language::check_sampling(options.sampling);
  if (options.attempts < 1 || options.attempts > 100)
    fail_usage("--attempts " + std::to_string(options.attempts), "1 to 100");
  if (options.triples < 0) fail_usage("--triples " + std::to_string(options.triples), "0 or more");
  if (options.budget_tokens < 0)
    fail_usage("--budget-tokens " + std::to_string(options.budget_tokens), "0 or more");
  if (!(options.budget_seconds >= 0)) fail_usage("a --budget-time below zero", "0 or more");
  if (options.sample < 1) fail_usage("--sample " + std::to_string(options.sample), "1 or more");
  if (!(options.ledger_options.lease >= 1))
    fail_usage("--lease below a second", "1 or more seconds");
}

namespace {

/// Runs the engine until the plan is done, interrupted or out of budget.
/// Whatever ends it, what was written is committed first.
void run_engine(engine::Engine& engine, const language::Sampling& sampling, JobQueue& queue) {
  std::exception_ptr broken;
  try {
    // An engine that had nothing to do while the ledger was silent may have
    // ended before its time.
    do {
      engine.run(queue, sampling, queue);
    } while (queue.may_go_on());
  } catch (...) {
    broken = std::current_exception();
  }
  queue.finish();  // a broken ledger is told before an engine that it broke
  if (broken) std::rethrow_exception(broken);
}

bool has_rewrites(const RewriteSummary& summary) {
  return std::ranges::any_of(summary.modes, [](const auto& named) {
    const ModeSummary& mode = named.second;
    return mode.accepted + mode.already_done + mode.elsewhere > 0;
  });
}

/// After an error that ends the job, which is what the user must hear of: trouble with the outputs
/// is only a warning beside it.
void write_what_there_is(const records::CaptionSource& captions, const RewriteOptions& options,
                         const JobPlan& plan, ledger::Ledger& ledger) {
  if (interrupted() || !has_rewrites(plan.summary)) return;
  try {
    write_outputs(captions, options, plan, ledger);
  } catch (const Error& error) {
    log_warning(std::string("the outputs are not written: ") + error.what());
  }
}

/// Workers that come later begin elsewhere in the plan.
int64_t first_of(ledger::Ledger& ledger, const JobPlan& plan) {
  const int64_t left = plan.left();
  if (left == 0 || ledger.held_elsewhere() == 0) return 0;
  return static_cast<int64_t>(Random(hash64(ledger::worker_name()), "first", 0, uint64_t{0})
                                  .below(static_cast<uint64_t>(left)));
}

/// Asks the engine for what the plan lacks.
void run_plan(const records::CaptionSource& captions, const RewriteOptions& options,
              engine::Engine& engine, JobPlan& plan, ledger::Ledger& ledger) {
  std::vector<ledger::RewriteRecipe> recipes;
  std::vector<ledger::LedgerTask> tasks;
  for (const PlannedMode& mode : plan.modes) {
    recipes.push_back(mode.recipe);
    tasks.push_back(mode.task);
  }
  const int64_t first = first_of(ledger, plan);
  JobLedger job_ledger(ledger, std::move(recipes), std::move(tasks), options.attempts,
                       options.ledger_options.lease);
  JobQueue queue(captions, options, engine, plan, &job_ledger, first);
  run_engine(engine, options.sampling, queue);
}

}  // namespace

RewriteSummary rewrite_captions(const records::CaptionSource& captions, const RewriteOptions& given,
                                engine::Engine& engine) {
  RewriteOptions options = given;
  options.packs = job_packs(given, engine);
  check_options(options);
  const KeptIdentity kept = assume_or_connect(engine, options);
  // A folder that cannot be made is better known before the work than after it.
  if (!options.output.empty()) {
    make_folder(options.output);
    check_output_folder(options.output, options.packs);
  }
  for (const fs::path& file : {options.records, options.parquet}) {
    if (file.has_parent_path()) make_folder(file.parent_path());
  }
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto began = Clock::now();
  const std::unique_ptr<ledger::Ledger> ledger =
      ledger::open_ledger(options.ledger, options.ledger_options);
  JobPlan plan = plan_assuming(captions, options, engine, kept, ledger.get());
  plan.summary.plan_seconds = seconds_since(began);
  const auto start = Clock::now();
  if (plan.left() > 0 || engine.connected()) {
    try {
      run_plan(captions, options, engine, plan, *ledger);
    } catch (const Error&) {
      write_what_there_is(captions, options, plan, *ledger);
      throw;
    }
  }
  RewriteSummary& summary = plan.summary;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  summary.interrupted = interrupted();
  if (summary.left() == 0) summary.budget.clear();  // spent with the last caption
  if (!summary.interrupted) write_outputs(captions, options, plan, *ledger);
  return summary;
}

}  // namespace clipwright::rewrite::job
