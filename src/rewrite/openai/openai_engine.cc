#include "rewrite/openai/openai_engine.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "rewrite/engine/prefix_order.h"
#include "rewrite/openai/concurrency_limit.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::openai {
namespace {

using std::chrono::milliseconds;
using Time = engine::MonotonicClock::Time;

constexpr int64_t kProbe = -1;
constexpr int kMostUnusable = 3;  // replies nobody can use, for one request
// Requests given up one after the other that end the job: before any answer, and later.
constexpr int kGivenUpAtFirst = 20, kGivenUpInARow = 100;
constexpr milliseconds kLongestWait{50};  // until the next look at Ctrl-C
constexpr milliseconds kCommitWait{2};    // until the next look at what the ledger has taken
// What is in flight is paid for, so a run that ends takes the answers that come in this time.
constexpr milliseconds kLastAnswers{30'000};

/// For a status after which no request will be answered.
std::string advice_for(int status) {
  switch (status) {
    case 401:
    case 403:
      return "Put a valid key into OPENAI_API_KEY";
    case 402:
    case 429:
      return "The account has nothing left to pay with; run the same command again when it has";
    case 0:
      return "Check --base-url and what stands before the server";
    default:
      return "Check --base-url and --model-name";
  }
}

/// A request and what was tried for it.
struct Attempt {
  engine::Request request;
  int tries = 0, unusable = 0;
  uint64_t round = 0;                 ///< of the concurrency limit when it was sent
  Time sent{}, due{};                 ///< last sent; not to be sent again before
  std::optional<Time> first_refusal;  ///< for load
};

/// One call of OpenAiEngine::run.
class Run {
 public:
  Run(const OpenAiOptions& options, const OpenAiServer& server, HttpClient& client,
      engine::RequestQueue& queue, const language::Sampling& sampling, engine::ReplySink& sink)
      : options_(options),
        queue_(queue),
        address_(server.address),
        dialect_(server.dialect),
        client_(client),
        sampling_(sampling),
        sink_(sink),
        clock_(*options.clock),
        limit_(options.concurrency),
        breaker_(options.breaker),
        order_(queue, 2 * static_cast<size_t>(std::max(1, options.concurrency))),
        any_answer_(queue.answered_before()) {}

  void loop();

 private:
  void fill();
  void send(Attempt attempt);
  std::optional<Attempt> due_attempt(Time now);
  void probe(Time now);
  void take(const HttpClient::Finished& finished);
  void take_answer(Attempt& attempt, ParsedReply& parsed, double seconds);
  void take_unusable(Attempt& attempt, const Judgement& judgement);
  void take_trouble(Attempt& attempt, const std::string& kind, const std::string& reason);
  void take_busy(Attempt& attempt, const Judgement& judgement);
  void give_up(Attempt& attempt, const std::string& kind, const std::string& reason);
  void well();
  void unwell(const std::string& reason);
  void wait();
  void take_last_answers();
  void take_last(const HttpClient::Finished& finished);

  const OpenAiOptions& options_;
  engine::RequestQueue& queue_;
  const OpenAiAddress& address_;
  const OpenAiDialect& dialect_;
  HttpClient& client_;
  const language::Sampling& sampling_;
  engine::ReplySink& sink_;
  engine::MonotonicClock& clock_;
  ConcurrencyLimit limit_;
  CircuitBreaker breaker_;
  engine::PrefixOrder order_;
  std::unordered_map<int64_t, Attempt> in_flight_;
  std::deque<HttpClient::Finished> finished_;  ///< come, and not looked at yet
  std::deque<Attempt> waiting_;                ///< to be sent again
  int64_t number_ = 0;
  bool probing_ = false;
  bool drained_ = false;     ///< the queue was asked and has nothing now
  int given_up_ = 0;         ///< requests, since the last answer
  bool any_answer_ = false;  ///< in this run or an earlier one
  int busy_in_a_row_ = 0;
  Time quiet_until_{};
  std::optional<Time> trouble_since_;  ///< nothing was answered since
};

std::optional<Attempt> Run::due_attempt(Time now) {
  const auto next =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [](const Attempt& a, const Attempt& b) { return a.due < b.due; });
  // A trial takes whatever waits longest: the pause of a single request is not what it is for.
  const bool trial = breaker_.state() == CircuitBreaker::State::kTrial;
  if (next == waiting_.end() || (next->due > now && !trial)) return std::nullopt;
  std::optional<Attempt> attempt(std::move(*next));
  waiting_.erase(next);
  return attempt;
}

void Run::send(Attempt attempt) {
  attempt.round = limit_.round();
  attempt.sent = clock_.now();
  Json body = request_body(dialect_, attempt.request, sampling_);
  // What came of one seed may come of it again.
  if (attempt.unusable > 0 && body.contains("seed")) {
    engine::Request other = attempt.request;
    other.seed = hash64("after " + std::to_string(attempt.unusable), other.seed);
    body = request_body(dialect_, other, sampling_);
  }
  client_.send(number_, {.url = address_.generate(dialect_.api), .body = to_line(body)});
  in_flight_.emplace(number_++, std::move(attempt));
}

void Run::fill() {
  const Time now = clock_.now();
  drained_ = false;
  if (!waiting_.empty() && queue_.closed()) {
    for (Attempt& attempt : waiting_) queue_.give_back(std::move(attempt.request));
    waiting_.clear();
  }
  if (queue_.closed() && in_flight_.empty() &&
      (breaker_.state() != CircuitBreaker::State::kClosed || now < quiet_until_)) {
    drained_ = true;  // nothing is begun any more, so nothing is waited for
    return;
  }
  if (breaker_.state() == CircuitBreaker::State::kOpen) return probe(now);
  if (now < quiet_until_) return;
  const auto most = breaker_.state() == CircuitBreaker::State::kTrial
                        ? size_t{1}
                        : static_cast<size_t>(limit_.now());
  // What is not in the ledger yet would have to be paid for again.
  while (in_flight_.size() + sink_.unsettled() < most) {
    if (std::optional<Attempt> again = due_attempt(now)) {
      send(std::move(*again));
    } else if (std::optional<engine::Request> request = order_.next()) {
      send({.request = std::move(*request)});
    } else {
      drained_ = order_.held() == 0;
      return;
    }
  }
}

void Run::probe(Time now) {
  if (probing_ || now < breaker_.probe_at()) return;
  probing_ = true;
  client_.send(kProbe, {.url = address_.models(), .body = {}});
}

void Run::well() {
  if (breaker_.state() != CircuitBreaker::State::kClosed) {
    limit_.restart();
    log_info(address_.base + ": answers again.");
  }
  breaker_.answered();
  trouble_since_.reset();
  busy_in_a_row_ = 0;
}

void Run::unwell(const std::string& reason) {
  const Time now = clock_.now();
  if (!trouble_since_) trouble_since_ = now;
  if (now - *trouble_since_ > options_.patience) {
    fail_running(
        address_.base + ": no answer for " +
            readable_duration(std::chrono::duration<double>(options_.patience).count()) +
            ", last: " + reason,
        {},
        "Everything finished is in the ledger; run the same command again when the server is "
        "well (--patience waits longer).");
  }
}

void Run::give_up(Attempt& attempt, const std::string& kind, const std::string& reason) {
  order_.ended(attempt.request.prefix, false);
  sink_.put(attempt.request,
            {.status = engine::ReplyStatus::kFailed, .text = reason, .error = kind});
  if (++given_up_ < (any_answer_ ? kGivenUpInARow : kGivenUpAtFirst)) return;
  fail_running(address_.base + ": " + (any_answer_ ? "" : "the first ") +
                   std::to_string(given_up_) + " requests" + (any_answer_ ? " in a row" : "") +
                   " brought no answer, last: " + reason,
               {}, "Nothing more was sent; everything finished is kept.");
}

void Run::take_answer(Attempt& attempt, ParsedReply& parsed, double seconds) {
  well();
  any_answer_ = true;
  given_up_ = 0;
  limit_.answered(seconds);
  order_.ended(attempt.request.prefix, true);
  estimate_tokens(attempt.request, parsed);
  parsed.reply.seconds = seconds;
  sink_.put(attempt.request, std::move(parsed.reply));
}

/// The server answers, so nobody waits for it to come back: what it says is of no use.
void Run::take_unusable(Attempt& attempt, const Judgement& judgement) {
  well();
  if (++attempt.unusable >= kMostUnusable)
    return give_up(attempt, judgement.kind, judgement.reason);
  order_.ended(attempt.request.prefix, false);
  attempt.due = clock_.now() + options_.retry.delay(attempt.unusable, attempt.request.seed);
  waiting_.push_back(std::move(attempt));
}

void Run::take_trouble(Attempt& attempt, const std::string& kind, const std::string& reason) {
  const Time now = clock_.now();
  const auto before = breaker_.state();
  breaker_.failed(now);
  if (before == CircuitBreaker::State::kClosed &&
      breaker_.state() == CircuitBreaker::State::kOpen) {
    log_warning(address_.base + ": in trouble (" + reason + "); waiting for it to come back.");
  }
  if (++attempt.tries >= options_.retry.tries) {
    give_up(attempt, kind, reason + " (" + std::to_string(attempt.tries) + " tries)");
  } else {
    order_.ended(attempt.request.prefix, false);
    attempt.due = now + options_.retry.delay(attempt.tries, attempt.request.seed);
    waiting_.push_back(std::move(attempt));
  }
  unwell(reason);
}

void Run::take_busy(Attempt& attempt, const Judgement& judgement) {
  const Time now = clock_.now();
  limit_.pushed_back(attempt.round);
  // A server that says when is left alone until then; else each refusal in a row doubles the pause.
  const milliseconds pause = judgement.wait.value_or(
      options_.retry.delay(std::min(++busy_in_a_row_, 10), attempt.request.seed));
  quiet_until_ = std::max(quiet_until_, now + pause);
  unwell(judgement.reason);
  // Others may be answered all the while; nobody waits longer than the patience.
  if (!attempt.first_refusal) attempt.first_refusal = now;
  if (now - *attempt.first_refusal > options_.patience)
    return give_up(attempt, judgement.kind, judgement.reason);
  order_.ended(attempt.request.prefix, false);
  // Spread a little, so that the wave does not come back as one.
  attempt.due = now + pause + options_.retry.delay(1, attempt.request.seed + 1) / 4;
  waiting_.push_back(std::move(attempt));
}

void Run::take(const HttpClient::Finished& finished) {
  if (finished.id == kProbe) {
    probing_ = false;
    const bool healthy = finished.reply.failure == HttpFailure::kNone &&
                         finished.reply.status < 500 && finished.reply.status != 429;
    breaker_.probed(healthy, clock_.now());
    if (!healthy) unwell(judge(finished.reply).reason);
    return;
  }
  auto found = in_flight_.find(finished.id);
  CW_CHECK(found != in_flight_.end(), "a reply to nothing");
  Attempt attempt = std::move(found->second);
  in_flight_.erase(found);
  ParsedReply parsed;
  const Judgement judgement = judge(dialect_.api, finished.reply, parsed);
  switch (judgement.verdict) {
    case Verdict::kAnswer:
      return take_answer(attempt, parsed, finished.reply.seconds);
    case Verdict::kUnusable:
      return take_unusable(attempt, judgement);
    case Verdict::kRetry:
      return take_trouble(attempt, judgement.kind, judgement.reason);
    case Verdict::kBusy:
      return take_busy(attempt, judgement);
    case Verdict::kGiveUp:
      well();
      return give_up(attempt, judgement.kind, judgement.reason);
    case Verdict::kStop:
      fail_running(address_.generate(dialect_.api) + ": " + judgement.reason, {},
                   advice_for(judgement.status) + "; everything finished is kept.");
  }
}

/// Until a reply comes or the next thing is due.
void Run::wait() {
  const Time now = clock_.now();
  Time next = now + kLongestWait;
  if (breaker_.state() == CircuitBreaker::State::kOpen) {
    if (!probing_) next = std::min(next, std::max(now, breaker_.probe_at()));
  } else {
    for (const Attempt& attempt : waiting_)
      next = std::min(next, std::max({now, attempt.due, quiet_until_}));
  }
  if (sink_.unsettled() > 0) next = std::min(next, now + kCommitWait);
  const auto longest = std::chrono::ceil<milliseconds>(next - now);
  if (client_.in_flight() == 0) {
    if (longest.count() > 0) clock_.pause(longest);
    return;
  }
  for (HttpClient::Finished& finished : client_.wait(longest))
    finished_.push_back(std::move(finished));
  while (!finished_.empty()) {
    const HttpClient::Finished finished = std::move(finished_.front());
    finished_.pop_front();
    take(finished);
  }
}

/// Takes the answers to what is in flight, and sends nothing more. A second Ctrl-C ends the
/// process.
void Run::take_last_answers() {
  if (in_flight_.empty() || breaker_.state() != CircuitBreaker::State::kClosed) return;
  log_info("Waiting for " + with_commas(static_cast<int64_t>(in_flight_.size())) +
           " requests in flight, for at most " + std::to_string(kLastAnswers.count() / 1000) +
           " s" + (interrupted() ? "; Ctrl-C again drops them." : "."));
  const Time until = clock_.now() + kLastAnswers;
  do {
    for (HttpClient::Finished& finished : client_.wait(kLongestWait))
      finished_.push_back(std::move(finished));
    for (; !finished_.empty(); finished_.pop_front()) take_last(finished_.front());
  } while (client_.in_flight() > 0 && clock_.now() < until);
}

void Run::take_last(const HttpClient::Finished& finished) {
  const auto found = in_flight_.find(finished.id);
  ParsedReply parsed;
  if (found == in_flight_.end() ||
      judge(dialect_.api, finished.reply, parsed).verdict != Verdict::kAnswer)
    return;
  estimate_tokens(found->second.request, parsed);
  parsed.reply.seconds = finished.reply.seconds;
  try {
    sink_.put(found->second.request, std::move(parsed.reply));
  } catch (const Error&) {  // a broken ledger: it keeps the row all the same, and tells at the end
  }
  in_flight_.erase(found);
}

void Run::loop() {
  try {
    while (!interrupted()) {
      fill();
      if (drained_ && in_flight_.empty() && waiting_.empty()) return;
      wait();
    }
  } catch (...) {
    take_last_answers();
    throw;
  }
  take_last_answers();
}

}  // namespace

OpenAiEngine::OpenAiEngine(const OpenAiOptions& options)
    : options_(options),
      addresses_(addresses_of(options.base_url)),
      client_(std::make_unique<HttpClient>(options.limits, options.key)) {
  if (options.concurrency < 1 || options.concurrency > 4096)
    fail_usage("--concurrency " + std::to_string(options.concurrency), "1 to 4096");
  if (!options.ask_later) connect();
}

OpenAiEngine::~OpenAiEngine() = default;

const OpenAiServer& OpenAiEngine::server() const {
  if (!server_) {
    server_ = probe_server(*client_, addresses_,
                           {.api = options_.api,
                            .model = options_.model,
                            .patience = std::chrono::ceil<std::chrono::seconds>(options_.patience)},
                           *options_.clock);
  }
  return *server_;
}

void OpenAiEngine::connect() {
  server();
  assumed_.reset();
}

bool OpenAiEngine::could_be(const Json& identity) const {
  const auto says = [&](const char* name, const std::string& ours) {
    return identity.value(name, Json()) == Json(ours);
  };
  return identity.is_object() && says("engine", engine_name()) &&
         (options_.model.empty() || says("model", options_.model)) &&
         (options_.api == OpenAiApi::kAuto || says("api", std::string(name_of(options_.api)))) &&
         identity.value("revision", std::string()) == options_.revision;
}

void OpenAiEngine::assume(const Json& identity, const Json& details) {
  if (!server_) assumed_ = {identity, details};
}

Json OpenAiEngine::identity() const {
  if (assumed_) return assumed_->identity;
  const OpenAiDialect& dialect = server().dialect;
  Json identity = {{"engine", engine_name()},
                   {"model", dialect.model},
                   {"api", name_of(dialect.api)},
                   {"fields", dialect.fields}};
  if (!server_->facts.empty()) identity["model_facts"] = server_->facts;
  if (!options_.revision.empty()) identity["revision"] = options_.revision;
  if (dialect.api == OpenAiApi::kChat) identity["chat_prompt"] = prompt::kChatPromptVersion;
  return identity;
}

Json OpenAiEngine::details() const {
  if (assumed_) return assumed_->details;
  return {{"base_url", server().address.base},
          {"server", server_->owner},
          {"refused_fields", server_->dropped}};
}

std::string OpenAiEngine::without_thought() const {
  return "Turn thinking off at the server (llama-server --reasoning-budget 0; vllm serve "
         "--default-chat-template-kwargs '{\"enable_thinking\": false}'), or take a model that "
         "answers at once. 'rewrite' has also --api completions, which asks without a chat "
         "template, and --max-tokens 2000, say, which gives a thought room to end.";
}

void OpenAiEngine::run(engine::RequestQueue& queue, const language::Sampling& sampling,
                       engine::ReplySink& sink) {
  connect();
  // What an interrupt or an error leaves in flight must not answer the next run.
  struct HangUp {
    HttpClient& client;
    ~HangUp() { client.cancel_all(); }
  } hang_up{*client_};
  Run(options_, *server_, *client_, queue, sampling, sink).loop();
}

}  // namespace clipwright::rewrite::openai
