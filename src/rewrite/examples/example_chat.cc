#include "rewrite/examples/example_chat.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "language/sampler.h"
#include "rewrite/engine/reply.h"
#include "rewrite/engine/reply_reasons.h"
#include "rewrite/engine/thought_watch.h"
#include "rewrite/examples/example_sample.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::examples {
namespace {

constexpr size_t kMostReplyWords = 29;        // "less than thirty"
constexpr size_t kCandidatesPerExample = 10;  // beyond this the model does not do what it is asked

/// One caption that is being asked about.
struct Candidate {
  std::string caption, rewrite;
  int attempt = 0;
  bool good = false;
};

/// Keeps as many captions in flight as examples are missing.
class Asker final : public engine::RequestQueue, public engine::ReplySink {
 public:
  Asker(ExampleSample& sample, const ChatExamplesOptions& options, const engine::Engine& engine)
      : sample_(sample), options_(options), watch_(engine) {}

  std::optional<engine::Request> next() override {
    if (interrupted()) return std::nullopt;
    if (!again_.empty()) {
      const size_t index = again_.front();
      again_.pop_front();
      return ask(index);
    }
    const size_t wanted = options_.count, most = kCandidatesPerExample * wanted;
    if (good_ + open_ >= wanted || candidates_.size() >= most) return std::nullopt;
    std::optional<std::string> caption = sample_.next();
    if (!caption) return std::nullopt;
    candidates_.push_back({.caption = std::move(*caption)});
    ++open_;
    return ask(candidates_.size() - 1);
  }

  void put(const engine::Request& request, engine::Reply reply) override {
    Candidate& candidate = candidates_.at(static_cast<size_t>(request.id));
    const std::string status = judge(candidate, reply);
    ++outcomes_[status];
    samples_.emplace(status, reply.text);
    if (candidate.good) {
      ++good_, --open_;
    } else if (++candidate.attempt < options_.attempts) {
      again_.push_back(static_cast<size_t>(request.id));
    } else {
      --open_;
    }
    if (reply.status == engine::ReplyStatus::kThought) watch_.thought();
    if (reply.status == engine::ReplyStatus::kStopped || reply.status == engine::ReplyStatus::kCut)
      watch_.answered();
  }

  /// Good pairs in the order of the draw.
  const std::vector<Candidate>& candidates() const { return candidates_; }
  size_t good() const { return good_; }
  std::map<std::string, int64_t>& outcomes() { return outcomes_; }
  /// The first text under each status.
  const std::map<std::string, std::string>& samples() const { return samples_; }

 private:
  engine::Request ask(size_t index) {
    const Candidate& candidate = candidates_[index];
    Random random(options_.seed, "chat-example", static_cast<uint64_t>(candidate.attempt),
                  candidate.caption);
    const uint64_t high = random.bits();
    return {.id = static_cast<int64_t>(index),
            .body = options_.prompt + " " + prompt::caption_for_prompt(candidate.caption),
            .seed = high << 32 | random.bits(),
            .source = candidate.caption,
            .mode = "examples",
            .attempt = candidate.attempt};
  }

  std::string judge(Candidate& candidate, const engine::Reply& reply) {
    if (reply.status == engine::ReplyStatus::kFailed) return "failed:" + reply.error;
    if (reply.status == engine::ReplyStatus::kMissing) return "missing";
    if (reply.status == engine::ReplyStatus::kThought) return engine::kThoughtStatus;
    const engine::Rewrite rewrite = engine::parse_reply(reply, candidate.caption, {});
    if (rewrite.outcome != engine::Outcome::kAccepted)
      return std::string(engine::status_of(rewrite.outcome));
    if (prompt::count_words(rewrite.text) > kMostReplyWords)
      return std::string(engine::status_of(engine::Outcome::kTooLong));
    ExampleDraft before;
    for (const Candidate& other : candidates_) {
      if (other.good) before.rows.push_back({other.caption, other.rewrite});
    }
    if (!before.check(candidate.caption, rewrite.text).found.empty())
      return std::string(engine::status_of(engine::Outcome::kCopyOfExample));
    candidate.rewrite = rewrite.text;
    candidate.good = true;
    return std::string(engine::status_of(engine::Outcome::kAccepted));
  }

  ExampleSample& sample_;
  const ChatExamplesOptions& options_;
  std::vector<Candidate> candidates_;
  std::deque<size_t> again_;
  size_t good_ = 0, open_ = 0;
  engine::ThoughtWatch watch_;
  std::map<std::string, int64_t> outcomes_;
  std::map<std::string, std::string> samples_;
};

}  // namespace

ChatExamples chat_examples(const records::CaptionSource& captions,
                           const ChatExamplesOptions& options, engine::Engine& engine) {
  if (options.count < 1 || options.count > 1000)
    fail_usage("--count " + std::to_string(options.count), "1 to 1000");
  if (options.attempts < 1 || options.attempts > 100)
    fail_usage("--attempts " + std::to_string(options.attempts), "1 to 100");
  language::check_sampling(options.sampling);
  ExampleSample sample(captions, options.seed);
  Asker asker(sample, options, engine);
  engine.run(asker, options.sampling, asker);
  ChatExamples result;
  result.outcomes = std::move(asker.outcomes());
  for (const Candidate& candidate : asker.candidates()) {
    if (candidate.good) result.draft.rows.push_back({candidate.caption, candidate.rewrite});
  }
  if (interrupted()) {
    throw Error(ExitCode::kInterrupted, "interrupted after " + std::to_string(asker.good()) +
                                            " of " + std::to_string(options.count) +
                                            " examples; nothing was written.");
  }
  if (asker.good() < options.count) {
    const engine::ReplyReasons reasons(result.outcomes, asker.samples());
    const std::string found = "of " + std::to_string(options.count) + " examples " +
                              std::to_string(asker.good()) + " were made (" +
                              (result.outcomes.empty() ? "no reply" : reasons.sentence()) + ")";
    // Where no reply at all was good, more captions would change nothing.
    const bool few = asker.candidates().size() < kCandidatesPerExample * options.count;
    if (few && (asker.good() > 0 || result.outcomes.empty()))
      fail_input(found, "more captions of three to forty words",
                 "Give a larger set of captions, or a smaller --count. " + reasons.advice(engine));
    fail_running(
        found, "an instruction-following model",
        reasons.advice(engine) + " Or --attempts above " + std::to_string(options.attempts) + ".");
  }
  return result;
}

}  // namespace clipwright::rewrite::examples
