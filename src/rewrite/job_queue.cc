#include "rewrite/job_queue.h"

#include <cstdio>
#include <utility>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/random.h"
#include "rewrite/reply.h"

namespace clipwright {
namespace {

constexpr auto kLongestUncommitted = std::chrono::milliseconds(250);
constexpr int kMostCaptionTokens = 128;

/// Every random choice of one text hangs on this number.
uint64_t text_seed(uint64_t seed, const std::string& mode, const std::string& source, int attempt) {
  Random random(seed, "rewrite:" + mode, static_cast<uint64_t>(attempt), source);
  const uint64_t high = random.bits();
  return high << 32 | random.bits();
}

}  // namespace

JobQueue::JobQueue(const CaptionSource& captions, const RewriteOptions& options,
                   const Engine& engine, JobPlan& plan, Ledger* ledger)
    : captions_(captions), options_(options), engine_(engine), plan_(plan), ledger_(ledger) {
  int64_t total = 0;
  for (const PlannedMode& mode : plan.modes) total += static_cast<int64_t>(mode.todo.size());
  if (ledger != nullptr) progress_.emplace("rewriting", total);
}

/// A caption longer than any picture's would crowd out the examples; its tail is cut at a word.
std::string JobQueue::prompt_caption(const std::string& text, int attempt) {
  if (text.size() <= kMostCaptionTokens || engine_.count_tokens(text) <= kMostCaptionTokens)
    return text;
  std::string shorter = text.substr(0, 12 * kMostCaptionTokens);
  while (engine_.count_tokens(shorter) > kMostCaptionTokens) {
    const size_t space = shorter.find_last_of(' ', shorter.size() * 7 / 8);
    size_t keep = space == std::string::npos || space == 0 ? shorter.size() * 3 / 4 : space;
    while (keep > 0 && (static_cast<unsigned char>(shorter[keep]) & 0xc0) == 0x80) --keep;
    shorter.resize(keep);
  }
  if (attempt == 0) ++plan_.summary.shortened;
  return shorter;
}

Request JobQueue::ask(Work work) {
  const std::string& mode = options_.packs[work.mode].mode();
  Request request{.id = number_++,
                  .source = captions_.text(work.rewrite.caption),
                  .mode = mode,
                  .attempt = work.rewrite.attempt};
  PromptText prompt =
      build_prompt(options_.layout, work.examples, prompt_caption(request.source, request.attempt));
  request.prefix = std::move(prompt.prefix);
  request.body = std::move(prompt.body);
  request.seed = text_seed(options_.seed, mode, request.source, request.attempt);
  in_flight_.emplace(request.id, std::move(work));
  return request;
}

std::optional<Request> JobQueue::next() {
  if (interrupted()) return std::nullopt;
  if (!again_.empty()) {
    Work work = std::move(again_.front());
    again_.pop_front();
    return ask(std::move(work));
  }
  while (mode_ < plan_.modes.size() && at_ == plan_.modes[mode_].todo.size()) ++mode_, at_ = 0;
  if (mode_ == plan_.modes.size()) return std::nullopt;
  const PlannedRewrite& rewrite = plan_.modes[mode_].todo[at_++];
  return ask({mode_, rewrite, options_.packs[mode_].examples(rewrite.examples)});
}

void JobQueue::put(const Request& request, Reply reply) {
  const auto found = in_flight_.find(request.id);
  CW_CHECK(found != in_flight_.end(), "a reply to a request that is not in flight");
  Work work = std::move(found->second);
  in_flight_.erase(found);
  ModeSummary& counts = plan_.summary.modes[work.mode].second;
  plan_.summary.tokens_out += reply.tokens_out;
  LedgerRow row{.source = sha256(request.source),
                .mode = request.mode,
                .recipe = plan_.modes[work.mode].recipe.sha,
                .attempt = request.attempt,
                .tokens_in = reply.tokens_in,
                .tokens_out = reply.tokens_out,
                .seconds = reply.seconds};
  bool retry = false;
  if (reply.status == ReplyStatus::kMissing) {
    ++counts.missing;
  } else if (reply.status == ReplyStatus::kFailed) {
    ++counts.failed;
    row.status = "failed:" + reply.text;
  } else {
    Rewrite rewrite = parse_reply(reply, request.source, work.examples);
    row.status = status_of(rewrite.outcome);
    row.text = std::move(rewrite.text);
    retry = rewrite.outcome != Outcome::kAccepted && request.attempt + 1 < options_.attempts;
    if (rewrite.outcome == Outcome::kAccepted) {
      ++counts.accepted, ++accepted_;
    } else if (!retry) {
      ++counts.given_up;
    }
  }
  if (!row.status.empty()) {
    ++counts.outcomes[row.status];
    if (ledger_ != nullptr) ledger_->add(row, request.source);
  }
  if (retry) {
    ++work.rewrite.attempt;
    again_.push_back(std::move(work));
  } else {
    ++done_;
  }
  const auto now = std::chrono::steady_clock::now();
  if (ledger_ != nullptr && now - committed_ >= kLongestUncommitted) {
    ledger_->commit();
    committed_ = now;
  }
  if (progress_) progress_->update(done_, detail());
}

std::string JobQueue::detail() const {
  char text[64];
  std::snprintf(
      text, sizeof text, "accepted %.1f %%",
      done_ > 0 ? 100.0 * static_cast<double>(accepted_) / static_cast<double>(done_) : 0.0);
  return text;
}

void JobQueue::finish() {
  if (ledger_ != nullptr) ledger_->commit();
  if (progress_) progress_->finish();
}

}  // namespace clipwright
