#include "rewrite/job.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <string>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/random.h"
#include "rewrite/job_plan.h"
#include "rewrite/job_queue.h"
#include "rewrite/ledger.h"
#include "rewrite/outputs.h"

namespace clipwright {
namespace {

void check_options(const RewriteOptions& options) {
  if (options.packs.empty())
    fail_usage("no mode is chosen", "one of chatgpt, bard, coco, human, or own examples");
  std::set<std::string> modes;
  for (const ExamplePack& pack : options.packs) {
    if (!modes.insert(pack.mode()).second)
      fail_usage("mode '" + pack.mode() + "' is named twice", "each mode once");
  }
  const Sampling& sampling = options.sampling;
  if (!(sampling.temperature >= 0 && sampling.temperature <= 10))
    fail_usage("--temperature " + std::to_string(sampling.temperature), "0 to 10");
  if (!(sampling.top_p > 0 && sampling.top_p <= 1))
    fail_usage("--top-p " + std::to_string(sampling.top_p), "above 0, at most 1");
  if (sampling.max_tokens < 1 || sampling.max_tokens > 4096)
    fail_usage("--max-tokens " + std::to_string(sampling.max_tokens), "1 to 4096");
  if (options.attempts < 1 || options.attempts > 100)
    fail_usage("--attempts " + std::to_string(options.attempts), "1 to 100");
  if (options.triples < 0) fail_usage("--triples " + std::to_string(options.triples), "0 or more");
}

}  // namespace

RewriteSummary rewrite_captions(const CaptionSource& captions, const RewriteOptions& options,
                                Engine& engine) {
  check_options(options);
  // A folder that cannot be made is better known before the work than after it.
  if (!options.output.empty()) make_folder(options.output);
  if (options.records.has_parent_path()) make_folder(options.records.parent_path());
  const std::unique_ptr<Ledger> ledger = open_ledger(options.ledger);
  JobPlan plan = plan_job(captions, options, engine, ledger.get());
  for (const PlannedMode& mode : plan.modes)
    ledger->describe(mode.recipe.sha, to_line(mode.recipe.description));
  const auto start = std::chrono::steady_clock::now();
  JobQueue queue(captions, options, engine, plan, ledger.get());
  engine.run(queue, options.sampling, queue);
  queue.finish();
  plan.summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  plan.summary.interrupted = interrupted();
  if (!plan.summary.interrupted) write_outputs(captions, options, plan, *ledger);
  return plan.summary;
}

RewriteForecast forecast_rewrite(const CaptionSource& captions, const RewriteOptions& options,
                                 Engine& engine) {
  check_options(options);
  constexpr int64_t kSample = 48;
  std::unique_ptr<Ledger> ledger;
  // Only a ledger that exists is looked at: a forecast makes no files.
  if (const std::string file =
          options.ledger.substr(options.ledger.rfind("sqlite:", 0) == 0 ? 7 : 0);
      fs::exists(file)) {
    ledger = open_ledger(options.ledger);
  }
  JobPlan plan = plan_job(captions, options, engine, ledger.get());
  RewriteForecast forecast;
  forecast.plan = plan.summary;
  for (const PlannedMode& mode : plan.modes)
    forecast.rewrites += static_cast<int64_t>(mode.todo.size());
  if (forecast.rewrites == 0) return forecast;

  // A stretch of each mode as it lies in the queue, so that prompts are shared as in the real run.
  int64_t prefix_tokens = 0, body_tokens = 0, prompts = 0;
  for (size_t m = 0; m < plan.modes.size(); ++m) {
    auto& todo = plan.modes[m].todo;
    const int64_t share =
        std::min<int64_t>(static_cast<int64_t>(todo.size()),
                          std::max<int64_t>(1, kSample / static_cast<int64_t>(plan.modes.size())));
    const auto from = static_cast<int64_t>(
        Random(options.seed, "forecast", 0, m).below(todo.size() - static_cast<size_t>(share) + 1));
    todo = {todo.begin() + from, todo.begin() + from + share};
    for (size_t i = 0; i < todo.size(); ++i) {
      const PromptText prompt =
          build_prompt(options.layout, options.packs[m].examples(todo[i].examples),
                       captions.text(todo[i].caption));
      body_tokens += engine.count_tokens(prompt.body);
      if (i > 0 && todo[i].examples == todo[i - 1].examples) continue;
      prefix_tokens += engine.count_tokens(prompt.prefix);
      ++prompts;
    }
    forecast.sample += share;
  }
  struct Meter final : ReplySink {
    explicit Meter(ReplySink& behind) : sink(behind) {}
    void put(const Request& request, Reply reply) override {
      ++texts, sum += reply.tokens_out, squares += double(reply.tokens_out) * reply.tokens_out;
      sink.put(request, std::move(reply));
    }
    ReplySink& sink;
    double texts = 0, sum = 0, squares = 0;
  };
  const auto start = std::chrono::steady_clock::now();
  JobQueue queue(captions, options, engine, plan, nullptr);
  Meter meter(queue);
  engine.run(queue, options.sampling, meter);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const auto sample = static_cast<double>(forecast.sample),
             rewrites = static_cast<double>(forecast.rewrites);
  const double attempts = meter.texts / sample;  // rejected replies are tried again
  const double mean = meter.texts > 0 ? meter.sum / meter.texts : 0;
  const double variance =
      meter.texts > 1 ? std::max(0.0, (meter.squares - meter.sum * mean) / (meter.texts - 1)) : 0;
  constexpr double kNinetyPercent = 1.645;
  forecast.tokens_out = rewrites * attempts * mean;
  forecast.tokens_out_margin =
      rewrites * attempts * kNinetyPercent * std::sqrt(variance / std::max(1.0, meter.texts));
  const double prefix =
      static_cast<double>(prefix_tokens) / static_cast<double>(std::max<int64_t>(prompts, 1));
  const double body = static_cast<double>(body_tokens) / sample;
  forecast.tokens_in =
      static_cast<double>(plan.summary.prompts) * prefix + rewrites * attempts * body;
  forecast.tokens_in_unshared = rewrites * attempts * (prefix + body);
  // Time goes with tokens; the sample holds more beginnings a text than the job does.
  const double sampled = static_cast<double>(prefix_tokens) + meter.texts * body + meter.sum;
  forecast.seconds =
      sampled > 0 ? seconds * (forecast.tokens_in + forecast.tokens_out) / sampled : 0;
  return forecast;
}

}  // namespace clipwright
