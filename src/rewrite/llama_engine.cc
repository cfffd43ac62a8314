#include "rewrite/llama_engine.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/random.h"
#include "rewrite/language_model.h"
#include "rewrite/sampler.h"
#include "rewrite/sequence_cache.h"

namespace clipwright {
namespace {

using Clock = std::chrono::steady_clock;

/// A request as tokens.
struct Prompt {
  std::vector<int32_t> prefix, body;
};

/// Tokenized in one piece, as the model would see it, so that cutting the prompt changes nothing; only where a token straddles the
/// seam are the two parts taken as they are.
Prompt tokenize_prompt(const LanguageModel& model, const Request& request) {
  Prompt prompt{model.tokenize(request.prefix, true), {}};
  const std::vector<int32_t> whole = model.tokenize(request.prefix + request.body, true);
  if (whole.size() > prompt.prefix.size() && std::equal(prompt.prefix.begin(), prompt.prefix.end(), whole.begin())) {
    prompt.body.assign(whole.begin() + static_cast<long>(prompt.prefix.size()), whole.end());
  } else {
    prompt.body = model.tokenize(request.body, false);
  }
  return prompt;
}

/// One text being written.
struct Text {
  Request request;
  Prompt prompt;
  size_t fed = 0;  ///< tokens of the body that were fed
  int32_t next = 0;
  Random random;
  std::string written;
  int tokens_out = 0;
  Clock::time_point start = Clock::now();
};

}  // namespace

struct LlamaEngine::State {
  explicit State(const LlamaOptions& options)
      : model(options.model.empty() ? shared_file("default.gguf") : options.model),
        digest(file_digest(model.path())),
        threads(options.threads > 0 ? options.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))),
        parallel(std::max(1, options.parallel)),
        texts(static_cast<size_t>(parallel)) {}

  void fill(RequestQueue& queue, const Sampling& sampling, ReplySink& sink);
  bool begin(size_t index, Request& request, Prompt& prompt, int needed);
  void step(const Sampling& sampling, ReplySink& sink);
  bool advance(Text& text, int32_t token, const Sampling& sampling, ReplySink& sink);
  bool any_in_flight() const {
    return std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text.has_value(); });
  }

  LanguageModel model;
  std::string digest;
  int threads, parallel;
  std::optional<SequenceCache> cache;
  std::string prefix;  ///< the text of the prefix that the cache forks now
  std::vector<std::optional<Text>> texts;
  std::optional<std::pair<Request, Prompt>> waiting;  ///< taken from the queue, waiting for a larger cache
  NucleusSampler sampler;
};

/// False when the cache must grow first, which must wait until nothing is in flight.
bool LlamaEngine::State::begin(size_t index, Request& request, Prompt& prompt, int needed) {
  if (!cache || cache->cells() < needed) {
    if (any_in_flight()) return false;
    cache.reset();
    cache.emplace(model, parallel, needed, threads);
    prefix.clear();
  }
  if (prefix.empty() || prefix != request.prefix) {
    cache->set_prefix(prompt.prefix);
    prefix = request.prefix;
  }
  cache->fork(static_cast<int>(index));
  Text text{.request = std::move(request), .prompt = std::move(prompt), .random = Random(0, "token", 0, uint64_t{0})};
  text.random = Random(text.request.seed, "token", 0, uint64_t{0});
  text.next = text.prompt.body.front();
  text.fed = 1;
  texts[index] = std::move(text);
  return true;
}

/// Gives every idle place a request, lowest place first.
void LlamaEngine::State::fill(RequestQueue& queue, const Sampling& sampling, ReplySink& sink) {
  for (size_t index = 0; index < texts.size(); ++index) {
    while (!texts[index].has_value()) {
      if (!waiting) {
        std::optional<Request> request = queue.next();
        if (!request) return;
        Prompt prompt = tokenize_prompt(model, *request);
        waiting.emplace(std::move(*request), std::move(prompt));
      }
      auto& [request, prompt] = *waiting;
      const int needed = static_cast<int>(prompt.prefix.size() + prompt.body.size()) + sampling.max_tokens;
      if (needed > model.longest_context() || prompt.prefix.empty() || prompt.body.empty()) {
        const std::string why = "the prompt and its reply need " + std::to_string(needed) + " tokens; the model reads " +
                                std::to_string(model.longest_context());
        sink.put(request, {.status = ReplyStatus::kFailed, .text = why});
      } else if (!begin(index, request, prompt, needed)) {
        return;
      }
      waiting.reset();
    }
  }
}

/// Takes one new token. True when the text is complete and handed over.
bool LlamaEngine::State::advance(Text& text, int32_t token, const Sampling& sampling, ReplySink& sink) {
  ++text.tokens_out;
  bool stopped = model.ends_text(token);
  if (!stopped) {
    text.written += model.piece(token);
    if (const size_t line_break = text.written.find('\n'); line_break != std::string::npos) {
      text.written.resize(line_break);
      stopped = true;
    }
  }
  text.next = token;
  if (!stopped && text.tokens_out < sampling.max_tokens) return false;
  sink.put(text.request, {.status = stopped ? ReplyStatus::kStopped : ReplyStatus::kCut,
                          .text = std::move(text.written),
                          .tokens_in = static_cast<int>(text.prompt.prefix.size() + text.prompt.body.size()),
                          .tokens_out = text.tokens_out,
                          .seconds = std::chrono::duration<double>(Clock::now() - text.start).count()});
  return true;
}

void LlamaEngine::State::step(const Sampling& sampling, ReplySink& sink) {
  std::vector<SequenceCache::Column> columns;
  for (size_t index = 0; index < texts.size(); ++index) {
    if (!texts[index]) continue;
    const Text& text = *texts[index];
    columns.push_back({static_cast<int>(index), text.next, text.fed == text.prompt.body.size()});
  }
  cache->step(columns);
  for (size_t i = 0; i < columns.size(); ++i) {
    auto& text = texts[static_cast<size_t>(columns[i].text)];
    if (!columns[i].wanted) {
      text->next = text->prompt.body[text->fed++];
    } else if (advance(*text, sampler.draw(cache->logits(static_cast<int>(i)), sampling, text->random), sampling, sink)) {
      text.reset();
    }
  }
}

LlamaEngine::LlamaEngine(const LlamaOptions& options) : state_(std::make_unique<State>(options)) {}
LlamaEngine::~LlamaEngine() = default;

Json LlamaEngine::identity() const { return {{"engine", "llama"}, {"model_sha256", state_->digest}}; }

Json LlamaEngine::details() const {
  const LanguageModel& model = state_->model;
  return {{"model", model.path().filename().string()},
          {"model_name", model.metadata("general.name")},
          {"model_architecture", model.metadata("general.architecture")},
          {"model_licence", model.metadata("general.license")}};
}

int LlamaEngine::count_tokens(std::string_view text) const { return static_cast<int>(state_->model.tokenize(text, false).size()); }

void LlamaEngine::run(RequestQueue& queue, const Sampling& sampling, ReplySink& sink) {
  State& state = *state_;
  while (!interrupted()) {
    state.fill(queue, sampling, sink);
    if (!state.any_in_flight()) break;
    state.step(sampling, sink);
  }
  for (auto& text : state.texts) text.reset();
  state.waiting.reset();
}

}  // namespace clipwright
