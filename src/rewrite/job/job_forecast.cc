#include "rewrite/job/job_forecast.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "rewrite/job/job_plan.h"
#include "rewrite/job/job_queue.h"
#include "rewrite/job/kept_identity.h"

namespace clipwright::rewrite::job {
namespace {

/// What one caption of the sample took, all its attempts together.
struct Spent {
  double body = 0, prefix = 0, out = 0;
  bool accepted = false;
};

/// Counts what passes to a sink.
class Meter final : public engine::ReplySink {
 public:
  Meter(JobQueue& behind, const engine::Engine& engine, const RewriteSummary& summary,
        const engine::MonotonicClock& clock)
      : behind_(behind), engine_(engine), summary_(summary), clock_(clock) {}

  void put(const engine::Request& request, engine::Reply reply) override {
    auto [prefix, fresh] = prefixes_.try_emplace(request.prefix, 0);
    if (fresh && !request.prefix.empty()) prefix->second = engine_.count_tokens(request.prefix);
    Spent& spent =
        captions[request.mode + "\n" + ledger::occurrence_text(request.source, request.occurrence)];
    const double counted =
        prefix->second + (request.body.empty() ? 0.0 : engine_.count_tokens(request.body));
    const double in = reply.tokens_in > 0 ? reply.tokens_in : counted;
    spent.prefix += std::min<double>(prefix->second, in);
    spent.body += std::max(0.0, in - prefix->second);
    spent.out += reply.tokens_out;
    const double work = std::max(0.0, in - prefix->second) + reply.tokens_out;
    const double now = std::chrono::duration<double>(clock_.now() - start_).count();
    pace.add(now, reply.seconds, work + (fresh ? prefix->second : 0));
    pace_of_texts.add(now, reply.seconds, work);
    pace_of_replies.add(now, reply.seconds, 1);
    ++replies;
    const int64_t before = summary_.accepted();
    behind_.put(request, std::move(reply));
    spent.accepted = summary_.accepted() > before;
  }
  /// Tokens of the distinct beginnings, and how many there were.
  std::pair<double, double> prefixes() const {
    double sum = 0;
    for (const auto& [prefix, tokens] : prefixes_) sum += tokens;
    return {sum, static_cast<double>(prefixes_.size())};
  }

  std::map<std::string, Spent> captions;
  /// By tokens with each distinct beginning once; by tokens without beginnings; by replies.
  SamplePace pace, pace_of_texts, pace_of_replies;
  double replies = 0;

 private:
  JobQueue& behind_;
  const engine::Engine& engine_;
  const RewriteSummary& summary_;
  const engine::MonotonicClock& clock_;
  const engine::MonotonicClock::Time start_ = clock_.now();
  std::map<std::string, double> prefixes_;
};

/// A sample's mean times the number of rewrites, with the interval that the
/// sample's spread gives.
Estimate scale(const std::map<std::string, Spent>& sample, double rewrites,
               const std::function<double(const Spent&)>& value) {
  const auto n = static_cast<double>(sample.size());
  double sum = 0, squares = 0;
  for (const auto& [key, spent] : sample) sum += value(spent);
  const double mean = n > 0 ? sum / n : 0;
  for (const auto& [key, spent] : sample) squares += std::pow(value(spent) - mean, 2);
  const double variance = n > 1 ? squares / (n - 1) : 0;
  constexpr double kNinetyPercent = 1.645;
  // What was made is known: the interval closes as the sample becomes the
  // whole.
  const double unknown = std::max(0.0, 1 - n / rewrites);
  return {rewrites * mean,
          rewrites * kNinetyPercent * std::sqrt(variance * unknown / std::max(n, 1.0))};
}

/// How long the job takes at the sample's pace. What a beginning costs beside a text differs: an
/// engine may compute it as slowly as any token, or a server may have it for next to nothing. Of
/// the two the estimate takes the middle, and the margin knows of the difference.
Estimate time_of(const Meter& meter, const Estimate& work, double once, double rewrites) {
  if (work.value <= 0) {  // an engine without tokens
    return meter.pace_of_replies.time_of(rewrites * meter.replies /
                                         static_cast<double>(meter.captions.size()));
  }
  const Estimate slow = meter.pace_of_texts.time_of(work.value);
  const Estimate fast = meter.pace.time_of(work.value + once);
  const double value = (slow.value + fast.value) / 2;
  const double parts[] = {std::max(slow.margin, fast.margin), (slow.value - fast.value) / 2,
                          value * work.margin / work.value};
  double squares = 0;
  for (const double part : parts) squares += part * part;
  return {value, std::sqrt(squares)};
}

/// Stretches of the plan, spread over it evenly: neighbours share their
/// prompts as in the real run.
std::vector<uint32_t> choose(const std::vector<uint32_t>& todo, int64_t share, Random random) {
  constexpr int64_t kStretch = 25;
  const auto all = static_cast<int64_t>(todo.size());
  if (share >= all) return todo;
  const int64_t stretches = (share + kStretch - 1) / kStretch;
  std::vector<uint32_t> chosen;
  for (int64_t i = 0; i < stretches; ++i) {
    const int64_t from = all * i / stretches, to = all * (i + 1) / stretches;
    const int64_t length =
        std::min({kStretch, to - from, share - static_cast<int64_t>(chosen.size())});
    const auto start =
        from + static_cast<int64_t>(random.below(static_cast<uint64_t>(to - from - length + 1)));
    chosen.insert(chosen.end(), todo.begin() + start, todo.begin() + start + length);
  }
  return chosen;
}

Json json_of(const Estimate& estimate) {
  return {{"value", estimate.value}, {"margin", estimate.margin}};
}

std::string told(const Estimate& estimate) {
  return with_commas(std::llround(estimate.value)) + " +- " +
         with_commas(std::llround(estimate.margin));
}

std::string told_money(const Estimate& estimate) {
  char text[80];
  std::snprintf(text, sizeof text, estimate.value < 10 ? "%.4f +- %.4f" : "%.2f +- %.2f",
                estimate.value, estimate.margin);
  return text;
}

}  // namespace

RewriteForecast forecast_rewrite(const records::CaptionSource& captions,
                                 const RewriteOptions& options, engine::Engine& engine) {
  return forecast_rewrite(captions, options, engine, engine::MonotonicClock());
}

RewriteForecast forecast_rewrite(const records::CaptionSource& captions,
                                 const RewriteOptions& given, engine::Engine& engine,
                                 const engine::MonotonicClock& clock) {
  RewriteOptions options = given;
  options.packs = job_packs(given, engine);
  options.budget_tokens = 0;
  options.budget_seconds = 0;
  check_options(options);
  const KeptIdentity kept = assume_or_connect(engine, options);
  // Only a ledger that exists is looked at: a forecast makes nothing.
  const std::unique_ptr<ledger::Ledger> ledger =
      ledger::open_ledger_if_any(options.ledger, options.ledger_options);
  JobPlan plan = plan_assuming(captions, options, engine, kept, ledger.get());
  RewriteForecast forecast{.plan = plan.summary, .rewrites = plan.left()};
  forecast.price_in = options.price_in;
  forecast.price_out = options.price_out;
  if (forecast.rewrites == 0) return forecast;
  for (size_t m = 0; m < plan.modes.size(); ++m) {
    std::vector<uint32_t>& todo = plan.modes[m].todo;
    const int64_t share = std::max<int64_t>(
        1, options.sample * static_cast<int64_t>(todo.size()) / forecast.rewrites);
    todo = choose(todo, share, Random(options.seed, "forecast", 0, m));
    forecast.sample += static_cast<int64_t>(todo.size());
  }

  JobQueue queue(captions, options, engine, plan, nullptr);
  Meter meter(queue, engine, plan.summary, clock);
  engine.run(queue, options.sampling, meter);
  if (interrupted()) {
    throw Error(ExitCode::kInterrupted,
                "interrupted before the sample was whole; nothing was written");
  }

  const auto rewrites = static_cast<double>(forecast.rewrites);
  const auto& sample = meter.captions;
  forecast.made = plan.summary;
  if (sample.empty()) return forecast;
  forecast.sample = static_cast<int64_t>(sample.size());
  const auto accepted =
      std::count_if(sample.begin(), sample.end(), [](const auto& s) { return s.second.accepted; });
  forecast.accepted = static_cast<double>(accepted) / static_cast<double>(sample.size());
  const auto [prefix_tokens, prefixes] = meter.prefixes();
  const double once =
      static_cast<double>(forecast.plan.prompts) * prefix_tokens / std::max(prefixes, 1.0);
  forecast.tokens_out = scale(sample, rewrites, [](const Spent& s) { return s.out; });
  forecast.tokens_in = scale(sample, rewrites, [](const Spent& s) { return s.body; });
  forecast.tokens_in.value += once;
  forecast.tokens_in_unshared =
      scale(sample, rewrites, [](const Spent& s) { return s.prefix + s.body; });
  forecast.cost = scale(sample, rewrites, [&](const Spent& s) {
    return ((s.prefix + s.body) * options.price_in + s.out * options.price_out) / 1e6;
  });
  const Estimate work = scale(sample, rewrites, [](const Spent& s) { return s.body + s.out; });
  forecast.seconds = time_of(meter, work, once, rewrites);
  return forecast;
}

Json RewriteForecast::to_json() const {
  return {{"captions", plan.captions},
          {"distinct", plan.distinct},
          {"rewrites", rewrites},
          {"prompts", plan.prompts},
          {"sample", sample},
          {"accepted", accepted},
          {"tokens_in", json_of(tokens_in)},
          {"tokens_in_unshared", json_of(tokens_in_unshared)},
          {"tokens_out", json_of(tokens_out)},
          {"seconds", json_of(seconds)},
          {"price_in", price_in},
          {"price_out", price_out},
          {"cost", json_of(cost)}};
}

std::string describe(const RewriteForecast& forecast) {
  std::string text = describe(forecast.plan);
  text += with_commas(forecast.rewrites) + " rewrites to make, " +
          with_commas(forecast.plan.prompts) + " prompt beginnings to compute once each\n";
  if (forecast.rewrites == 0) return text;
  char accepted[64];
  std::snprintf(accepted, sizeof accepted, "%.1f %% accepted", 100 * forecast.accepted);
  text += "from a sample of " + with_commas(forecast.sample) + " rewrites (" + accepted +
          "), with 90 % intervals:\n";
  text += "prompt tokens: " + told(forecast.tokens_in) + " (" + told(forecast.tokens_in_unshared) +
          " if nothing is shared)\n";
  text += "new tokens: " + told(forecast.tokens_out) + "\n";
  text += "time: " + readable_duration(forecast.seconds.value) + " +- " +
          readable_duration(forecast.seconds.margin) + " (95 %) at the speed of the sample\n";
  if (forecast.price_in > 0 || forecast.price_out > 0)
    text += "cost: " + told_money(forecast.cost) + " with every prompt token paid\n";
  return text;
}

}  // namespace clipwright::rewrite::job
