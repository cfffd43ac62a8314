#include "rewrite/job/job_queue.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/error.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "rewrite/engine/reply.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::job {
namespace {

constexpr int kMostCaptionTokens = 128;
// Captions asked for ahead: a second's work, within bounds. Few where texts
// take long, so that the last ones are spread over the workers.
constexpr int64_t kFewestAhead = 32, kMostAhead = 8192;
constexpr auto kHeldPause = std::chrono::milliseconds(500);

/// Enough of a thought to see that it is one.
std::string beginning_of(std::string_view thought) {
  constexpr size_t kMostBytes = 300;
  const std::string_view begin = text::unicode::whole_characters(thought, kMostBytes);
  return text::unicode::is_utf8(begin) ? prompt::caption_blanks(begin) : std::string();
}

/// Every random choice of one text hangs on this number.
uint64_t text_seed(uint64_t seed, const std::string& mode, const std::string& source, int attempt) {
  Random random(seed, "rewrite:" + mode, static_cast<uint64_t>(attempt), source);
  const uint64_t high = random.bits();
  return high << 32 | random.bits();
}

}  // namespace

JobQueue::JobQueue(const records::CaptionSource& captions, const RewriteOptions& options,
                   const engine::Engine& engine, JobPlan& plan, JobLedger* ledger, int64_t first)
    : captions_(captions),
      options_(options),
      engine_(engine),
      plan_(plan),
      ledger_(ledger),
      watch_(engine),
      total_(plan.left()),
      first_(first) {
  if (answered_before()) watch_.answered();
  if (ledger != nullptr) progress_.emplace("rewriting", total_);
}

/// A caption longer than any picture's would crowd out the examples; its tail
/// is cut at a word.
std::string JobQueue::prompt_caption(const std::string& text, int attempt) {
  if (text.size() <= kMostCaptionTokens || engine_.count_tokens(text) <= kMostCaptionTokens)
    return text;
  std::string shorter(text::unicode::whole_characters(text, size_t{12} * kMostCaptionTokens));
  while (engine_.count_tokens(shorter) > kMostCaptionTokens) {
    const size_t space = shorter.find_last_of(' ', shorter.size() * 7 / 8);
    const size_t keep = space == std::string::npos || space == 0 ? shorter.size() * 3 / 4 : space;
    shorter.resize(text::unicode::whole_characters(shorter, keep).size());
  }
  if (attempt == 0) ++plan_.summary.shortened;
  return shorter;
}

engine::Request JobQueue::ask(Work work) {
  const prompt::ExamplePack& pack = options_.packs[work.mode];
  engine::Request request{.id = number_++,
                          .source = captions_.caption(work.caption),
                          .mode = pack.mode(),
                          .occurrence = plan_.occurrence(work.caption),
                          .attempt = work.attempt};
  const std::string keyed = ledger::occurrence_text(request.source, request.occurrence);
  // Only a model has a prompt that could be too short for a caption.
  request.body =
      engine_.uses_sampling() ? prompt_caption(request.source, request.attempt) : request.source;
  work.cut = request.body.size() != request.source.size();
  if (!pack.rows().empty()) {
    work.examples = pack.examples(pack.example_key(options_.seed, keyed, options_.triples));
    prompt::PromptText prompt = prompt::build_prompt(options_.layout, work.examples, request.body);
    request.prefix = std::move(prompt.prefix);
    request.body = std::move(prompt.body);
  }
  request.seed = text_seed(options_.seed, request.mode, keyed, request.attempt);
  in_flight_.emplace(request.id, std::move(work));
  return request;
}

bool JobQueue::budget_is_spent() {
  RewriteSummary& summary = plan_.summary;
  if (options_.budget_tokens > 0 &&
      summary.tokens_in + summary.tokens_out >= options_.budget_tokens) {
    summary.budget = with_commas(options_.budget_tokens) + " tokens";
  } else if (options_.budget_seconds > 0 &&
             std::chrono::duration<double>(Clock::now() - start_).count() >=
                 options_.budget_seconds) {
    summary.budget = readable_duration(options_.budget_seconds);
  }
  return !summary.budget.empty();
}

/// Asks the ledger for captions ahead of the engine.
void JobQueue::refill() {
  const auto now = Clock::now();
  if (now - rate_since_ >= std::chrono::seconds(1)) {
    taken_before_ = std::exchange(taken_, 0);
    rate_since_ = now;
  }
  const int64_t ahead = std::clamp(std::max(taken_, taken_before_), kFewestAhead, kMostAhead);
  auto room = ahead - static_cast<int64_t>(ledger_->outstanding());
  if (room < ahead / 2 && asked_ < total_) return;  // rather a few large requests than many small
  std::vector<WantedCaption> wanted;
  for (; room > 0 && asked_ < total_; --room, ++asked_) {
    auto at = static_cast<size_t>((first_ + asked_) % total_);
    size_t mode = 0;
    while (at >= plan_.modes[mode].todo.size()) at -= plan_.modes[mode++].todo.size();
    const uint32_t caption = plan_.modes[mode].todo[at];
    wanted.push_back({mode, caption, plan_.key(caption, captions_.caption(caption))});
  }
  if (asked_ == total_ && !held_.empty() && now - asked_again_ >= kHeldPause) {
    asked_again_ = now;
    for (; room > 0 && !held_.empty(); --room) {
      wanted.push_back(held_.back());
      held_.pop_back();
    }
  }
  ledger_->want(wanted);
}

std::optional<JobQueue::Work> JobQueue::next_claimed() {
  if (ledger_ == nullptr) {
    if (asked_ == total_) return std::nullopt;
    auto at = static_cast<size_t>(asked_++);
    size_t mode = 0;
    while (at >= plan_.modes[mode].todo.size()) at -= plan_.modes[mode++].todo.size();
    return Work{.mode = mode, .caption = plan_.modes[mode].todo[at], .attempt = 0};
  }
  for (;;) {
    refill();
    while (const std::optional<AnsweredCaption> answer = ledger_->take()) {
      const WantedCaption& wanted = answer->wanted;
      ++taken_;
      switch (answer->answer.state) {
        case ledger::ClaimAnswer::kOurs:
          return Work{wanted.mode, wanted.caption, answer->answer.attempts,
                      answer->answer.rejected};
        case ledger::ClaimAnswer::kHeld:
          held_.push_back(wanted);
          break;
        case ledger::ClaimAnswer::kDone:
          ++plan_.summary.modes[wanted.mode].second.elsewhere, ++done_;
          break;
      }
      refill();
    }
    // A ledger that is silent must not keep the engine from what it has in flight.
    if (closed() || !in_flight_.empty()) return std::nullopt;
    if (asked_ == total_ && ledger_->outstanding() == 0) {
      if (held_.empty()) return std::nullopt;
      if (!std::exchange(told_, true)) {
        log_info("Other workers have the last " + with_commas(static_cast<int64_t>(held_.size())) +
                 " captions; waiting for them.");
      }
    }
    ledger_->wait(std::chrono::milliseconds(100));
    if (progress_) progress_->update(done_, detail());
  }
}

bool JobQueue::answered_before() const {
  return std::ranges::any_of(plan_.summary.modes,
                             [](const auto& mode) { return mode.second.already_done > 0; });
}

bool JobQueue::closed() { return interrupted() || budget_is_spent(); }

std::optional<engine::Request> JobQueue::next() {
  if (closed()) return std::nullopt;
  if (!again_.empty()) {
    Work work = std::move(again_.front());
    again_.pop_front();
    return ask(std::move(work));
  }
  std::optional<Work> work = next_claimed();
  if (!work) return std::nullopt;
  return ask(std::move(*work));
}

void JobQueue::put(const engine::Request& request, engine::Reply reply) {
  const auto found = in_flight_.find(request.id);
  CW_CHECK(found != in_flight_.end(), "a reply to a request that is not in flight");
  Work work = std::move(found->second);
  in_flight_.erase(found);
  ModeSummary& counts = plan_.summary.modes[work.mode].second;
  const bool thought = reply.status == engine::ReplyStatus::kThought;
  plan_.summary.tokens_in += reply.tokens_in;
  plan_.summary.tokens_out += reply.tokens_out;
  ledger::LedgerRow row{.source = ledger::source_key(request.source, request.occurrence),
                        .mode = request.mode,
                        .recipe = plan_.modes[work.mode].recipe.sha,
                        .attempt = request.attempt,
                        .tokens_in = reply.tokens_in,
                        .tokens_out = reply.tokens_out,
                        .seconds = reply.seconds};
  Json notes;
  if (work.cut) notes["source_cut"] = true;
  if (reply.tokens_estimated) {
    notes["tokens_estimated"] = true;
    if (!std::exchange(plan_.summary.tokens_estimated, true))
      log_info(
          "The engine does not say how many tokens its replies took; they are estimated, one for 4 "
          "bytes of prompt and reply.");
  }
  bool retry = false, answered = false;
  if (reply.status == engine::ReplyStatus::kMissing) {
    ++counts.missing;
  } else if (reply.status == engine::ReplyStatus::kFailed) {
    ++counts.failed;
    row.status = "failed:" + reply.error;
    row.text = std::move(reply.text);
  } else if (reply.status == engine::ReplyStatus::kThought) {
    // No reply to judge, so it uses up no attempt in the ledger: a later run, of a model that was
    // told not to think, has them all.
    row.status = engine::kThoughtStatus;
    row.text = beginning_of(reply.text);
    retry = work.rejected + 1 < options_.attempts;
    if (!retry) ++counts.failed;
  } else {
    answered = true;
    engine::Rewrite rewrite = engine::parse_reply(reply, request.source, work.examples);
    row.status = engine::status_of(rewrite.outcome);
    row.text = std::move(rewrite.text);
    retry = rewrite.outcome != engine::Outcome::kAccepted && work.rejected + 1 < options_.attempts;
    if (rewrite.outcome == engine::Outcome::kAccepted) {
      ++counts.accepted, ++accepted_;
      if (options_.scorer) notes.update(options_.scorer(request.source, row.text));
    } else if (!retry) {
      ++counts.given_up;
    }
  }
  if (!row.status.empty()) {
    ++counts.outcomes[row.status];
    plan_.summary.samples.emplace(row.status, row.text);
  }
  if (!notes.empty()) row.notes = to_line(notes);
  const Sha256 source = row.source;
  const size_t mode = work.mode;
  const bool keep = !row.status.empty();
  if (retry) {
    ++work.attempt, ++work.rejected;
    again_.push_back(std::move(work));
  } else {
    ++done_, ++judged_;
  }
  if (ledger_ != nullptr) {
    if (keep) {
      ledger_->put(std::move(row), request.source, request.occurrence, !retry);
    } else {
      ledger_->release(mode, source);
    }
  }
  if (progress_) progress_->update(done_, detail());
  if (answered) watch_.answered();
  if (thought) watch_.thought();
}

std::string JobQueue::detail() const {
  if (judged_ == 0) return {};
  char text[64];
  std::snprintf(text, sizeof text, "accepted %.1f %%",
                100.0 * static_cast<double>(accepted_) / static_cast<double>(judged_));
  return text;
}

bool JobQueue::may_go_on() {
  const bool asked = std::exchange(number_before_, number_) != number_;
  const bool left = !again_.empty() || asked_ < total_ || !held_.empty() ||
                    (ledger_ != nullptr && ledger_->outstanding() > 0);
  return asked && left && !closed();
}

void JobQueue::finish() {
  if (ledger_ != nullptr) ledger_->finish();
  if (progress_) progress_->finish();
}

}  // namespace clipwright::rewrite::job
